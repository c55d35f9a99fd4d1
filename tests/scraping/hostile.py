"""Documents that are made to take long: one for each way that readers of text, markup and rules have of taking the
square of the time, or all of the memory. Each is about as large as asked for.
"""

from collections.abc import Callable

HEAD = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:good\r\nSUMMARY:Konzert im Hof\r\nDTSTART:20261205\r\nEND:VEVENT\r\n"
EVENT = "BEGIN:VEVENT\r\nUID:one\r\nSUMMARY:Konzert im Keller\r\nDTSTART:20261206T200000Z\r\n{}\r\nEND:VEVENT\r\n"
MANY = "BEGIN:VEVENT\r\nUID:{0}\r\nSUMMARY:Konzert {0}\r\nDTSTART{1}:20261206T200000\r\n{2}\r\nEND:VEVENT\r\n"
LD = '<html><body><script type="application/ld+json">{}</script>'
GOOD_LD = '{"@type":"Event","name":"Konzert im Hof","startDate":"2026-12-05T20:00"}'


def _calendar(line: str) -> str:
    return f"{HEAD}{EVENT.format(line)}END:VCALENDAR\r\n"


def _each(size: int, event: Callable[[int], str], head: str = "") -> str:
    count = size // len(event(10_000))
    return f"{HEAD}{head}{''.join(event(number) for number in range(count))}END:VCALENDAR\r\n"


def _fill(piece: str, size: int) -> str:
    return piece * (size // len(piece.encode()))


def _feed(item: str) -> str:
    good = "<item><title>Konzert im Hof</title><ev:start>2026-12-05T20:00</ev:start></item>"
    return f'<rss version="2.0"><channel>{good}{item}</channel></rss>'


def _nested(opening: str, closing: str, size: int) -> str:
    count = size // len(opening + closing)
    return opening * count + closing * count


DOCUMENTS: dict[str, Callable[[int], str]] = {
    "calendar: empty lines": lambda n: _calendar(_fill("\n", n)),
    "calendar: a folded line": lambda n: _calendar("DESCRIPTION:x" + _fill("\r\n  ", n)),
    "calendar: text that goes on": lambda n: _calendar("DESCRIPTION:x\r\n" + _fill("b\r\n", n)),
    "calendar: quotes": lambda n: _calendar('ORGANIZER;CN="' + _fill('"', n)),
    "calendar: colons in a time": lambda n: _calendar("EXDATE;X=" + _fill(":20261205", n) + "!"),
    "calendar: a long parameter": lambda n: _calendar(
        f"EXDATE;X={_fill('a', n // 2)}:{_fill('20261205T200000,', n // 2)}"
    ),
    "calendar: components in components": lambda n: HEAD + _nested("BEGIN:A\r\n", "END:B\r\n", n),
    "calendar: alarms in alarms": lambda n: HEAD + EVENT.format(_nested("BEGIN:VALARM\r\n", "END:VALARM\r\n", n)),
    "calendar: exclusions": lambda n: _calendar("RRULE:FREQ=DAILY\r\nEXDATE:" + _fill("20261206T200000Z,", n)),
    "calendar: dates": lambda n: _calendar("RDATE:" + _fill("20261206T200000Z,", n)),
    "calendar: rules": lambda n: _calendar(_fill("RRULE:FREQ=DAILY\r\n", n)),
    "calendar: seconds without end": lambda n: _each(n, lambda i: MANY.format(i, "", "RRULE:FREQ=SECONDLY")),
    "calendar: calendars of seconds": lambda n: (
        HEAD + _fill(f"END:VCALENDAR\r\nBEGIN:VCALENDAR\r\n{MANY.format('x', '', 'RRULE:FREQ=SECONDLY')}", n)
    ),
    "calendar: a million instances": lambda n: _each(
        n, lambda i: MANY.format(i, "", "RRULE:FREQ=MINUTELY;COUNT=1000000")
    ),
    "calendar: dates that never are": lambda n: _each(
        n, lambda i: MANY.format(i, "", "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;BYSETPOS=3")
    ),
    "calendar: one id for series and changes": lambda n: _each(
        n,
        lambda i: MANY.format(
            "same",
            "",
            f"SEQUENCE:{i % 3}\r\n" + ("RRULE:FREQ=DAILY" if i % 2 else f"RECURRENCE-ID:20261206T{i % 240000:06}"),
        ),
    ),
    "calendar: old versions of series": lambda n: _each(
        n,
        lambda i: MANY.format(
            "same", "", f"RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30\r\nRECURRENCE-ID:20261206T{i % 240000:06}"
        ),
        MANY.format("same", "", "SEQUENCE:9\r\nRRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"),
    ),
    "calendar: changes of all later ones": lambda n: _each(
        n,
        lambda i: MANY.format("same", "", f"RECURRENCE-ID;RANGE=THISANDFUTURE:20270105T{i % 240000:06}"),
        MANY.format("same", "", "RRULE:FREQ=DAILY"),
    ),
    "calendar: zones": lambda n: _each(
        n, lambda i: f"BEGIN:VTIMEZONE\r\nTZID:Z{i}\r\nEND:VTIMEZONE\r\n{MANY.format(i, f';TZID=Z{i}', '')}"
    ),
    "calendar: a zone of seconds": lambda n: _each(
        n,
        lambda i: MANY.format(i, ";TZID=Klub", ""),
        "BEGIN:VTIMEZONE\r\nTZID:Klub\r\nBEGIN:STANDARD\r\nDTSTART:16010101T000000\r\nTZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\n"
        "RRULE:FREQ=SECONDLY\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n",
    ),
    "calendar: digits for a place": lambda n: _calendar("LOCATION:abc (" + _fill("1", n)),
    "calendar: a long address": lambda n: _calendar("URL:https://klub.example/" + _fill("ä", n)),
    "calendar: brackets for a title": lambda n: _each(
        n, lambda i: f"BEGIN:VEVENT\r\nUID:{i}\r\nDTSTART:20261206\r\nSUMMARY:{'(' * 3_000}x\r\nEND:VEVENT\r\n"
    ),
    "calendar: a long text at each date": lambda n: _each(
        n, lambda i: MANY.format(i, "", "RRULE:FREQ=DAILY\r\nDESCRIPTION:" + f"<b>{i} wörds &amp; " * 3_000)
    ),
    "calendar: accents upon accents": lambda n: _each(
        n, lambda i: MANY.format(i, "", "DESCRIPTION:a" + "\u0301\u0316" * 15_000)
    ),
    "calendar: bold upon bold": lambda n: _each(
        n,
        lambda i: MANY.format(
            i,
            "",
            "DESCRIPTION:<aside>" + "".join(f"<b a{k}>" for k in range(300)) + "</aside>" + "<aside>x</aside>" * 3_400,
        ),
    ),
    "calendar: prices": lambda n: _each(n, lambda i: MANY.format(i, "", "X-COST:" + "9 " * 5_000 + "€ bis" * 500)),
    "feed: CDATA without an end": lambda n: _feed(_fill("<![CDATA[", n)),
    "feed: items without an end": lambda n: _feed(_fill("<item>", n)),
    "feed: types without an end": lambda n: _feed("<item>" + _fill("<!DOCTYPE", n) + "</item>"),
    "feed: elements in elements": lambda n: _feed(f"<item>{_nested('<a>', '</a>', n)}</item>"),
    "feed: laughs": lambda n: (
        '<!DOCTYPE rss [<!ENTITY a "ha">'
        + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9))
        + "]>"
        + _feed(f"<item><title>{_fill('&j;', n)}</title></item>")
    ),
    "feed: namespaces": lambda n: _feed(f"<item {_fill(' xmlns:a', n)}></item>"),
    "feed: punctuation": lambda n: _feed(
        f"<item><title>x</title><description>{_fill('-&lt;br&gt;', n)}</description></item>"
    ),
    "feed: dates in a title": lambda n: _feed(f"<item><title>{_fill('5 Dec 2026 | ', n)}</title></item>"),
    "page: brackets": lambda n: LD.format(_fill("[", n)),
    "page: objects in objects": lambda n: LD.format(_fill('{"@graph":', n)),
    "page: lists in lists": lambda n: LD.format(
        f'{{"@type":"Event","name":{"[" * 5_000}"x"{"]" * 5_000},"startDate":"2026-12-06"}},'.join(("[", GOOD_LD + "]"))
    ),
    "page: about about": lambda n: LD.format('{"about":' * 9 + f"[{_fill(GOOD_LD + ',', n)}{GOOD_LD}]" + "}" * 9),
    "page: comments without an end": lambda n: LD.format("{,[" + _fill("/* ", n)),
    "page: quotes and spaces": lambda n: LD.format('{"a":"b' + _fill('"' + " " * 50_000 + "x", n)),
    "page: quotes and words": lambda n: LD.format('{"a":"b' + _fill('",a', n)),
    "page: events": lambda n: LD.format(f"[{_fill(GOOD_LD + ',', n)}{GOOD_LD}]"),
    "page: parts": lambda n: LD.format(
        '{"@type":"Event","name":"F","startDate":"2026-12-05","subEvent":['
        + ",".join(f'{{"@type":"Event","name":"Konzert {i}","startDate":"2026-12-05"}}' for i in range(n // 65))
        + "]}"
    ),
    "page: schedules": lambda n: LD.format(
        "["
        + ",".join(
            f'{{"@type":"Event","name":"E{i}","eventSchedule":{{"startDate":"1000-01-01","startTime":"20:00","repeatFrequency":"P1D",'
            '"byMonth":2,"byMonthDay":30}}'
            for i in range(n // 150)
        )
        + "]"
    ),
    "page: long dates": lambda n: LD.format(
        "["
        + ",".join(f'{{"@type":"Event","name":"E{i}","startDate":"{"5 de, " * 80}{i}"}}' for i in range(n // 540))
        + "]"
    ),
    "page: elements in elements": lambda n: "<html>" + LD.format(GOOD_LD) + _fill("<div>", n),
    "page: bold upon bold": lambda n: (
        "<html>" + LD.format(GOOD_LD) + "<p>" + "".join(f"<b a{i}>" for i in range(300)) + _fill("<p>x", n)
    ),
    "page: tags": lambda n: "<html>" + LD.format(GOOD_LD) + _fill("<p>x", n),
    "page: properties in properties": lambda n: _fill(
        '<p itemscope itemtype="https://schema.org/Event"><b itemprop="name">', n
    ),
    "page: properties deep down": lambda n: (
        "<b>" * 390 + _fill('<p itemprop="x" itemscope itemtype="https://schema.org/Event"></p>', n)
    ),
    "page: values in values": lambda n: '<div class="h-event"><i class="dt-start">' + _fill('<i class="value">', n),
    "page: charset=punycode": lambda n: (
        '<meta charset="punycode">' + _fill("a", n // 2) + "-" + _fill("99", n // 2) + "ÿ"
    ),
    "answer: names": lambda n: (
        '[{"title":"x","start":"2026-12-05","tags":[' + ",".join(f'"t{i}"' for i in range(n // 9)) + "]}]"
    ),
    "answer: dates in dates": lambda n: '{"name":"x","start":' + _fill('{"start":', n) + "1" + _fill("}", n // 9) + "}",
    "answer: digits": lambda n: '[{"title":"x","start":"2026-12-05T20:00","price":"' + _fill("9", n) + '"}]',
}


def document(name: str, size: int) -> bytes:
    text = DOCUMENTS[name](size)
    return text.encode("latin-1" if "punycode" in name else "utf-8")
