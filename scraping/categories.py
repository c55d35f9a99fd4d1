"""The words that sources sort events by, as Nocturne's category codes."""

import functools
from collections.abc import Iterable
from itertools import islice

from events.categories import CATEGORIES
from events.text import fold

MAX_WORDS, MAX_LENGTH = 100, 200

# Words of en, de, fr, es, it, pt, nl and el, folded; a word counts where it is a whole word of the source's label.
_WORDS = {
    "music": """
        music musica musik musique muziek μουσικη concert concerts concerto concerti concierto conciertos
        konzert konzerte concertos gig gigs live jazz rock pop blues folk metal punk indie hiphop
        rap classical klassik classique clasica orchestra opera oper choir chor choral band bands singer
        songwriter reggae soul funk country electronic recital symphony συναυλια συναυλιες karaoke acoustic
    """,
    "nightlife": """
        nightlife club clubs clubbing party parties rave dj djs disco techno house fiesta fiestas fete
        nachtleben soiree discoteca drag burlesque παρτι
    """,
    "theatre": """
        theatre theater theatres theaters teatro toneel θεατρο drama play plays musical musicals
        dance danse danza tanz dans ballet ballett balletto χορος performance performing
        cabaret kabarett circus cirque zirkus circo schauspiel spettacolo stage puppet
        puppetry
    """,
    "comedy": """
        comedy standup humor humour comedie comedia commedia kleinkunst improv
        κωμωδια komodie
    """,
    "film": """
        film films movie movies cinema kino cine screening screenings filme pelicula projection documentary
        κινηματογραφος ταινια
    """,
    "art": """
        art arts kunst arte exhibition exhibitions exhibit ausstellung ausstellungen
        exposition expositions exposicion exposiciones mostra mostre exposicao tentoonstelling gallery
        galleries galerie museum museo musee museums vernissage photography fotografie εκθεση εκθεσεις
        design sculpture painting
    """,
    "books": """
        book books literature literatur litterature literatura letteratura literatuur literary reading
        readings lesung lesungen poetry poesie poesia author authors library bibliotheque
        biblioteca bibliothek λογοτεχνια βιβλιο storytelling
    """,
    "talks": """
        talk talks lecture lectures vortrag vortrage conference conferences conferencia conferenza konferenz
        congress debate debat diskussion discussion panel seminar seminars seminaire symposium education
        educational science wissenschaft politics politik webinar business networking tech technology
        history health charla lezing ομιλια διαλεξη
    """,
    "workshops": """
        workshop workshops class classes course courses kurs kurse cours curso cursos corso corsi cursus
        training atelier ateliers taller talleres laboratorio lesson lessons craft crafts yoga εργαστηριο
        σεμιναριο
    """,
    "food": """
        food drink drinks wine beer tasting tastings culinary cuisine gastronomy gastronomie gastronomia
        essen trinken brunch dinner cooking vin vino wein bier comida cocktails restaurant whisky brewery
        γαστρονομια
    """,
    "festivals": """
        festival festivals festivales fair fairs fest market markets markt marche mercado
        mercato feria messe flohmarkt parade carnival karneval carnaval weihnachtsmarkt
        φεστιβαλ αγορα
    """,
    "family": """
        family families kids children child familie kinder famille familles enfants enfant ninos infantil
        famiglia bambini crianca criancas infantis gezin kinderen jeugd toddler toddlers teens παιδικα
        παιδια οικογενεια
    """,
    "sports": """
        sport sports deporte deportes esporte fitness running run football soccer basketball baseball hockey
        tennis cycling hiking athletics wrestling boxing rugby cricket golf swimming marathon αθλητικα
        outdoor outdoors
    """,
    "community": """
        community gemeinschaft communaute comunidad comunita comunidade civic charity fundraiser volunteer
        volunteering religion spirituality church meeting meetup social society causes activism lgbtq pride
        government
    """,
}
_PHRASES = {
    "art exhibition": "art",
    "film festival": "film",
    "food and drink": "food",
    "music festival": "music",
    "performing arts": "theatre",
    "performing and visual arts": "theatre",
    "arts and theatre": "theatre",
    "visual arts": "art",
    "stand up": "comedy",
    "hip hop": "music",
    "spoken word": "books",
    "farmers market": "food",
    "dance party": "nightlife",
    "dance club": "nightlife",
    "dance music": "nightlife",
    "live music": "music",
    "book club": "books",
    "jazz club": "music",
    "film club": "film",
    "childrens": "family",
    "musical theatre": "theatre",
    "musical theater": "theatre",
    "house music": "nightlife",
    "open house": "community",
    "opera house": "music",
}
# schema.org's types; EventSeries, Event and the like say nothing.
_TYPES = {
    "MusicEvent": "music",
    "DanceEvent": "theatre",
    "TheaterEvent": "theatre",
    "ComedyEvent": "comedy",
    "ScreeningEvent": "film",
    "VisualArtsEvent": "art",
    "ExhibitionEvent": "art",
    "LiteraryEvent": "books",
    "EducationEvent": "talks",
    "BusinessEvent": "talks",
    "ConferenceEvent": "talks",
    "Hackathon": "workshops",
    "CourseInstance": "workshops",
    "FoodEvent": "food",
    "Festival": "festivals",
    "SaleEvent": "festivals",
    "ChildrensEvent": "family",
    "SportsEvent": "sports",
    "SocialEvent": "community",
}


@functools.cache
def _by_word() -> dict[str, str]:
    return {fold(word): code for code, words in _WORDS.items() for word in words.split()}


def codes_of(words: Iterable[str]) -> tuple[str, ...]:
    """The category codes of a source's words, without doubles, in the closed list's order; unknown words give none."""
    found = {code for word in islice(words, MAX_WORDS) for code in _codes(word[:MAX_LENGTH])}
    return tuple(code for code in CATEGORIES if code in found)


@functools.lru_cache(maxsize=4096)
def _codes(word: str) -> tuple[str, ...]:
    if word in CATEGORIES:
        return (word,)
    if code := _TYPES.get(word.rpartition("/")[2]):
        return (code,)
    text = f" {fold(word)} "
    codes = []
    for phrase, code in _PHRASES.items():
        if f" {phrase} " in text:
            codes.append(code)
            text = text.replace(f" {phrase} ", " ")
    return (*codes, *(code for part in text.split() if (code := _by_word().get(part))))
