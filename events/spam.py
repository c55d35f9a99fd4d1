"""What is like spam in what visitors write: nothing is refused for it, an editor looks first.

Pure functions of a text; events/comments.py asks what others have written lately.
"""

import re
import unicodedata
from urllib.parse import urlsplit

MAX_LINKS = 2
# Capitals and repetitions say something in texts of this length only.
LONG = 30

_LINK = re.compile(r"(?:https?://|hxxps?://|www\.)[^\s<>\"']+", re.I)
# "klub dot com", "klub . com", "klub[.]com": written so that no program sees a link.
_HIDDEN_LINK = re.compile(
    r"\bhxxps?:|\w\s?(?:\(dot\)|\[dot\]|\[\.\]|\(\.\)|\s+dot\s+)\s?(?:com|net|org|info|ru|xyz|shop|top)\b", re.I
)
_NAKED = re.compile(
    r"\b[\w-]{1,63}\.(?:com|net|org|info|biz|ru|cn|xyz|shop|top|site|online|club|live|link|icu|io|me)\b", re.I
)
_EMAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_MARKUP = re.compile(
    r"<\s*/?\s*(?:a|img|script|iframe|svg|style|b|i|p|div)\b|\[/?(?:url|link|img|b)\b[^\]]*\]|\]\(\s*https?:", re.I
)
_PHONE = re.compile(r"(?:\+|\b00)\d[\d\s().-]{7,18}\d")
_PATTERNS = re.compile(
    r"casino|viagra|cialis|\bporn|\bxxx\b|escorts?\b|betting|jackpot|payday|\bloans?\b|forex|binary option|"
    r"(?:bitcoin|crypto\w*|usdt|nft)\b.{0,40}(?:invest|profit|double|earn|giveaway|wallet)|"
    r"(?:invest|profit|double|earn|giveaway)\w*\b.{0,40}\b(?:bitcoin|crypto\w*|usdt)|"
    r"earn \$|\$\d[\d,.]* (?:a|per) (?:day|week|hour)|work from home|make money|whatsapp|telegram|t\.me/|wa\.me/|"
    r"\bseo\b|backlinks?|guest post|cheap (?:tickets|followers|watches)|buy followers|replica (?:watch|bag)|"
    r"weight loss|spell ?caster|love spell|hacker for hire|recover (?:your )?(?:lost )?(?:funds|bitcoin)|"
    r"онлайн[- ]казино|казино|заработок|в телеграм|кредит без|彩票|赌场|代开发票|加微信",
    re.I,
)
_REPEATED = re.compile(r"(.)\1{9,}", re.S)
_WORD = re.compile(r"[^\W\d_]+")


def links(text: str) -> list[str]:
    """The hosts that a text names as links, with or without a scheme, as often as it does."""
    found = []
    for match in _LINK.finditer(text):
        address = match[0] if "://" in match[0] else f"https://{match[0]}"
        try:
            host = urlsplit(re.sub(r"^hxxp", "http", address, flags=re.I)).hostname or ""
        except ValueError:
            host = ""
        found.append(host)
    found += [match[0].lower() for match in _NAKED.finditer(_LINK.sub(" ", text))]
    return [host.removeprefix("www.") for host in found]


def sign(text: str) -> str:
    """The first thing in a text that is like spam, as words for an editor; "" if there is none."""
    if len(links(text)) > MAX_LINKS:
        return f"It has more than {MAX_LINKS} links."
    checks = (
        (_MARKUP, "It has markup in it, as programs write it."),
        (_HIDDEN_LINK, "It has a link that is disguised."),
        (_PATTERNS, "It has words that spam has."),
        (_PHONE, "It has a telephone number."),
        (_EMAIL, "It has an e-mail address."),
        (_REPEATED, "It repeats one character again and again."),
    )
    plain = _plain(text)
    for pattern, words in checks:
        if pattern.search(text) or pattern.search(plain):
            return words
    return _sign_of_letters(text)


def _plain(text: str) -> str:
    """Without accents, and with plain letters for full-width and ornamental ones."""
    return "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))


def _sign_of_letters(text: str) -> str:
    words = _WORD.findall(text)
    letters = "".join(words)
    if len(letters) >= LONG and sum(letter.isupper() for letter in letters) > 0.7 * len(letters):
        return "It is written in capitals."
    if len(words) >= 12 and len({word.casefold() for word in words}) < len(words) / 4:
        return "It repeats the same words again and again."
    if any(_is_mixed(word) for word in words):
        return "It mixes letters of several scripts in one word."
    return ""


def _is_mixed(word: str) -> bool:
    """Whether Latin letters stand in a word beside Cyrillic or Greek ones that look alike."""
    if word.isascii():
        return False
    scripts = {unicodedata.name(letter, "").partition(" ")[0] for letter in word}
    return "LATIN" in scripts and bool(scripts & {"CYRILLIC", "GREEK"})


def has_address(text: str) -> bool:
    """Whether an e-mail address or a link is in it, which a name has no need of."""
    return bool(_EMAIL.search(text) or _LINK.search(text) or _NAKED.search(text))


def without_addresses(text: str, instead: str) -> str:
    """The text with something else for each e-mail address: those are not for everybody, not even one's own."""
    return _EMAIL.sub(instead, text)
