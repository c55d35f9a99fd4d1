"""The words of dates: text in one plain form, and the names of months and weekdays in the languages of sources."""

import functools
import re
import unicodedata

# A month a line: en, de, fr, es, it, pt, nl, el, pl, sv/da/no, fi, cs/sk, ca, ru, uk, bg, hu, ro, sl/hr/sr, tr, lt,
# et, id, gl, ar, he, in the forms that stand in dates. November is "listopada" in Polish, which Croatian loses.
_NAMES = """
    january jan januar jänner janv janvier enero ene gennaio gen janeiro januari ιανουαρίου ιανουάριος ιαν stycznia \
    styczeń tammikuuta leden ledna gener января янв січня януари január januára ianuarie ian januarja siječnja \
    januara ocak sausio jaanuar xaneiro janúar يناير ינואר בינואר
    february feb februar février fevr febrero febbraio fevereiro fev februari φεβρουαρίου φεβρουάριος φεβ lutego luty \
    helmikuuta únor února febrer февраля фев лютого февруари február februára febr februarie februarja veljače \
    februara şubat vasario veebruar febreiro febrúar فبراير פברואר בפברואר
    march mar märz maerz mrz mars marzo março maart mrt μαρτίου μάρτιος μαρ marca marzec maaliskuuta březen března \
    marts març марта март мар березня március márc martie ožujka mart marta kovo märts maret مارس מרץ במרץ
    april apr avril avr abril abr aprile απριλίου απρίλιος απρ kwietnia kwiecień huhtikuuta duben dubna апреля апр \
    квітня април április ápr apríla aprilie aprila travnja nisan balandžio aprill أبريل אפריל באפריל
    may mai mayo maggio mag maio mei maj μαΐου μάιος μαι maja toukokuuta květen května maig мая май травня május máj \
    mája svibnja mayıs mayis gegužės مايو מאי במאי
    june jun juni juin junio giugno giu junho ιουνίου ιούνιος ιουν czerwca czerwiec kesäkuuta červen června juny июня \
    июн червня юни június jún júna iunie iun junija lipnja juna haziran birželio juuni xuño يونيو יוני ביוני
    july jul juli juillet juil julio luglio lug julho ιουλίου ιούλιος ιουλ lipca lipiec heinäkuuta červenec července \
    juliol июля июл липня юли július júl júla iulie iul julija srpnja jula temmuz liepos juuli xullo يوليو יולי ביולי
    august aug août agosto ago augustus augusti αυγούστου αύγουστος αυγ sierpnia sierpień elokuuta srpen srpna agost \
    августа авг серпня август augusztus augusta avgusta kolovoza ağustos rugpjūčio agustus أغسطس אוגוסט באוגוסט
    september sept sep septembre septiembre setiembre settembre set setembro σεπτεμβρίου σεπτέμβριος σεπ września \
    wrzesień syyskuuta září setembre сентября сен сент вересня септември szeptember szept septembra septembrie \
    rujna eylül rugsėjo setembro سبتمبر ספטמבר בספטמבר
    october oct oktober okt octobre octubre ottobre ott outubro out οκτωβρίου οκτώβριος οκτ października październik \
    lokakuuta říjen října октября окт жовтня октомври október októbra octombrie oktobra ekim spalio oktoober أكتوبر \
    אוקטובר באוקטובר
    november nov novembre noviembre novembro νοεμβρίου νοέμβριος νοε listopada listopad marraskuuta ноября ноя нояб \
    листопада ноември novembra noiembrie studenoga studenog kasım kasim lapkričio נובמבר בנובמבר نوفمبر
    december dec dezember dez décembre diciembre dic dicembre dezembro desember des δεκεμβρίου δεκέμβριος δεκ grudnia \
    grudzień joulukuuta prosinec prosince desembre декабря дек грудня декември decembra decembrie prosinca aralık \
    aralik gruodžio detsember decembro دسمبر ديسمبر דצמבר בדצמבר
"""
# East Asian dates in signs that the rest of the reading knows; before the signs are taken apart.
_SIGNS = re.compile("[\u3000-\u9fff\uac00-\ud7af]")
_SIGN_FORMS = (
    (re.compile(r"(\d{4})\s*[年년]\s*(\d{1,2})\s*[月월]\s*(\d{1,2})\s*[日号일]"), r"\1-\2-\3 "),
    (
        re.compile(
            r"[(（][月火水木金土日祝・一二三四五六월화수목금토일]{1,4}[)）]|[월화수목금토일]요일|(?:星期|周)[一二三四五六日天]"
        ),
        " ",
    ),
    (re.compile(r"(?:午前|上午|早上|凌晨|오전)\s*(\d{1,2})\s*[:時时點点시]\s*(\d{0,2})[分분]?"), r"\1:0\2 am "),
    (re.compile(r"(?:午後|下午|晚上|오후|저녁)\s*(\d{1,2})\s*[:時时點点시]\s*(\d{0,2})[分분]?"), r"\1:0\2 pm "),
    (re.compile(r"(\d{1,2})\s*[時时點点시]\s*(?:(\d{1,2})\s*[分분])?"), r"\1:0\2 "),
    (re.compile(r":0(\d\d)"), r":\1"),
    (re.compile(r":0(?!\d)"), ":00"),
    (re.compile("[〜～]"), "-"),
)
_CLOCK_WORDS = {
    "noon": "12:00 pm",
    "midday": "12:00 pm",
    "midnight": "12:00 am",
    "mediodia": "12:00 pm",
    "mezzogiorno": "12:00 pm",
    "minuit": "0h00",
    "mitternacht": "0:00 uhr",
}
_CLOCK_WORD = re.compile(r"\b(?:" + "|".join(_CLOCK_WORDS) + r")\b")
_DASHES = str.maketrans("–—−‒", "----")


def plain(text: str) -> str:
    """Lower case without accents, invisible characters and double spaces; words for times of day as times."""
    text = text[:500]
    if not text.isascii():
        if _SIGNS.search(text):
            for pattern, form in _SIGN_FORMS:
                text = pattern.sub(form, text)
        text = fold(text)
    text = _CLOCK_WORD.sub(lambda match: _CLOCK_WORDS[match[0]], text.casefold().translate(_DASHES))
    return " ".join(text.split())


def fold(text: str) -> str:
    text = unicodedata.normalize("NFKD", text.casefold())
    return "".join(
        c
        for c in text
        if (not unicodedata.combining(c) and unicodedata.category(c) not in ("Cf", "Cc", "Cs")) or c in "\t\n\r"
    )


MONTHS = {fold(name): number for number, names in enumerate(_NAMES.strip().splitlines(), 1) for name in names.split()}
# One of the names, longest first, as a part of a pattern.
MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))

_WEEKDAYS = (
    "mon montag lun lunes lundi lunedi segunda maandag δευτερα poniedzialek понедельник pazartesi mandag mandag",
    "tue dienstag mar martes mardi martedi terca dinsdag τριτη wtorek вторник sali tisdag tirsdag",
    "wed mittwoch mer miercoles mercredi mercoledi quarta woensdag τεταρτη sroda среда carsamba onsdag",
    "thu donnerstag jeu jueves jeudi giovedi quinta donderdag πεμπτη czwartek четверг persembe torsdag",
    "fri freitag ven viernes vendredi venerdi sexta vrijdag παρασκευη piatek пятница cuma fredag",
    "sat samstag sonnabend sam sabado samedi sabato zaterdag σαββατο sobota суббота cumartesi lordag",
    "sun sonntag dim domingo dimanche domenica zondag κυριακη niedziela воскресенье pazar sondag",
)
_WEEKDAY = {name: number for number, names in enumerate(_WEEKDAYS) for name in names.split()}


@functools.lru_cache(maxsize=500)
def weekday(word: str) -> int | None:
    """The number, from Monday, of a weekday's name or of its beginning of three letters; None for other words."""
    word = fold(word)
    if word in _WEEKDAY:
        return _WEEKDAY[word]
    return next((number for name, number in _WEEKDAY.items() if len(word) >= 3 and name.startswith(word)), None) or (
        _WEEKDAY.get(word[:3]) if word.endswith("day") else None
    )
