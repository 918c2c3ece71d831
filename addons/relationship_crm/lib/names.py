"""Names of companies and persons, compared whatever the spelling, the order of words or the form.

A name becomes *tokens*: words without case, diacritics and legal form. Two names are compared
token by token with the measure of Jaro and Winkler [1][2]; the best pairs of tokens count by their
length, those that are not alike count nothing, as in the soft measures of Cohen, Ravikumar and
Fienberg [3]. So neither the order of words nor one letter parts what belongs together, and a
token that only one name has weighs against it.

Arabic is folded as is usual in search (forms of alef, ya and ta marbuta, vowel signs, tatweel) and
loses its article [4]. A *sound* is what is left of a token without its vowels: it is the same for
the ways in which a name is written in Latin letters, and for the Arabic name itself.

[1] M. A. Jaro, Advances in record-linkage methodology, JASA 84 (1989).
[2] W. E. Winkler, String comparator metrics and enhanced decision rules, ASA (1990).
[3] W. Cohen, P. Ravikumar, S. Fienberg, A comparison of string distance metrics, IIWeb (2003).
[4] L. Larkey, L. Ballesteros, M. Connell, Improving stemming for Arabic retrieval, SIGIR (2002).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from functools import lru_cache

from .keys import clean_line
from .legal_forms import (
    FORMS,
    FORMS_BEFORE,
    GLUED,
    LONGEST,
    SMALL_WORDS,
    VIETNAMESE_FORMS,
    VIETNAMESE_TRADES,
)

#: Tokens less alike than this count nothing.
ALIKE = 0.8
#: What two tokens of the same sound are worth at least.
SAME_SOUND = 0.9
#: What a token is worth of which only the other has the article.
ARTICLE = 0.98
#: Letters of the beginning of a token by which look-alikes are sought.
PREFIX = 5
#: Longest name and most tokens that are looked at.
NAME_MAX, TOKENS_MAX = 250, 12
#: How alike names are: from here on the same, from here on similar.
SAME, SIMILAR = 0.92, 0.85

_LETTERS = str.maketrans(
    {
        "đ": "d", "ł": "l", "ø": "o", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ħ": "h",
        "ٱ": "ا", "ى": "ي", "ی": "ي", "ې": "ي", "ة": "ه", "ۀ": "ه", "ہ": "ه", "ھ": "ه", "ک": "ك",
        "ـ": None, "ء": None, "'": None, "’": None, "`": None, "ʻ": None, "ʼ": None,
    }
)  # fmt: skip
_INITIALS = re.compile(r"(?<!\w)(?:\w\.){1,}\w?(?!\w)")
_ARTICLES = ("وال", "بال", "كال", "فال", "ال", "لل")
_ARABIC_SOUND = str.maketrans(
    dict(zip("بپتثجچحخدذرزسشصضطظعغفڤقكگلمنه", "bbttjjhkddrzsssdtzagffkkglmnh", strict=True))
    | {"ا": "a", "و": "w", "ي": "y"}
)
_PAIRS_OF_LETTERS = (
    ("sh", "s"), ("th", "t"), ("kh", "k"), ("gh", "g"), ("dh", "d"), ("ph", "f"), ("ch", "k"),
    ("ck", "k"), ("sch", "s"), ("ou", "o"), ("oo", "o"), ("x", "ks"),
)  # fmt: skip
_SAME_LETTERS = str.maketrans("cqvpz", "kkffs")


def fold(text: object) -> str:
    """Text without case and diacritics, digits of any script as 0 to 9.

    >>> fold("CÔNG TY Đại Phát"), fold("Łódź Straße"), fold("ガス"), fold("삼성")
    ('cong ty dai phat', 'lodz strasse', 'ガス', '삼성')
    >>> fold("مُؤَسَّسَة الأُمّــة") == fold("موسسه الامه"), fold("٢٠٢٦")
    (True, '2026')
    """
    line = clean_line(text)[:NAME_MAX]
    if line.isascii():
        return line.casefold().replace("'", "").replace("`", "")
    line = unicodedata.normalize("NFKC", line).casefold()
    return " ".join("".join(map(_fold_letter, line)).translate(_LETTERS).split())


@lru_cache(4096)
def _fold_letter(letter: str) -> str:
    """One letter without its signs; kana and hangul as they are, their signs are letters."""
    if letter.isascii() or "\u3040" <= letter <= "\u30ff" or "\uac00" <= letter <= "\ud7a3":
        return letter
    if letter.isdigit():
        return str(unicodedata.digit(letter))
    parts = unicodedata.normalize("NFD", letter)
    return "".join(part for part in parts if not unicodedata.combining(part))


@lru_cache(8192)
def tokens(name: str) -> tuple[str, ...]:
    """The words by which a name is compared, in their order; () for a name without letters.

    Legal forms, articles and joining words are left out, unless nothing would be left.

    >>> tokens("Công ty TNHH TM DV Hoàng Long"), tokens("Hoang Long Co., Ltd.")
    (('thuong', 'mai', 'dich', 'vu', 'hoang', 'long'), ('hoang', 'long'))
    >>> tokens("شركة المنصوري للتجارة ذ.م.م") == ("منصوري", "تجاره"), tokens("Al-Mansoori L.L.C.")
    (True, ('mansoori',))
    >>> tokens("S. A. R. L. Dupont Frères"), tokens("AG Weser"), tokens("Limited Co."), tokens("!")
    (('dupont', 'freres'), ('ag', 'weser'), ('limited', 'co'), ())
    >>> tokens("株式会社日立製作所"), tokens("ООО «Ромашка»"), tokens("Acme (Vietnam) Pte. Ltd.")
    (('日立製作所',), ('ромашка',), ('acme', 'vietnam'))
    """
    folded = fold(name)
    for form in GLUED:
        folded = folded.replace(form, " ")
    words = _words(folded)
    kept, vietnamese = _without_forms(words)
    if vietnamese:
        kept = [word for short in kept for word in VIETNAMESE_TRADES.get(short, (short,))]
    content = [_plain(word) for word in kept if word not in SMALL_WORDS]
    return tuple((content or kept or words)[:TOKENS_MAX])


def _words(folded: str) -> list[str]:
    """The words of a folded text; letters that stand alone side by side are one word.

    >>> _words("s. a. r. l. amazon.com d.o.o.")
    ['sarl', 'amazon', 'com', 'doo']
    """
    text = _INITIALS.sub(lambda found: found[0].replace(".", "") + " ", folded)
    spaced = "".join(c if c.isalnum() or unicodedata.category(c)[0] == "M" else " " for c in text)
    words: list[str] = []
    alone = False
    for word in spaced.split():
        if alone and len(word) == 1 and word.isalpha():
            words[-1] += word
        else:
            words.append(word)
        alone = len(word) == 1 and word.isalpha()
    return words


def _without_forms(words: list[str]) -> tuple[list[str], bool]:
    """The words between the legal forms at both ends, and whether one was Vietnamese.

    At least one word stays.

    >>> _without_forms(["pt", "maju", "jaya", "tbk"]), _without_forms(["co", "ltd"])
    ((['maju', 'jaya'], False), (['co', 'ltd'], False))
    """
    rest = list(words)
    vietnamese = False
    found = True
    while found:
        found = False
        for size in range(min(LONGEST, len(rest) - 1), 0, -1):
            before, behind = tuple(rest[:size]), tuple(rest[-size:])
            if before in FORMS_BEFORE and not SMALL_WORDS.issuperset(rest[size:]):
                form, rest, found = before, rest[size:], True
            elif behind in FORMS and not SMALL_WORDS.issuperset(rest[:-size]):
                form, rest, found = behind, rest[:-size], True
            if found:
                vietnamese |= form in VIETNAMESE_FORMS
                break
    return (words if tuple(rest) in FORMS else rest), vietnamese


def _plain(word: str) -> str:
    """A word without its Arabic article if three letters are left; umlauts written as one letter.

    >>> _plain("المنصوري") == "منصوري", _plain("الله") == "الله", _plain("mueller"), _plain("hue")
    (True, True, 'muller', 'hue')
    """
    for article in _ARTICLES:
        if word.startswith(article) and len(word) - len(article) >= 3:
            return word[len(article) :]
    if len(word) > 4:
        for pair, one in (("ae", "a"), ("oe", "o"), ("ue", "u")):
            word = word.replace(pair, one)
    return word


def key(name: str) -> str:
    """The tokens in one order, as one text: equal for names that differ in form and order only.

    >>> key("Müller & Söhne GmbH") == key("SOHNE, MULLER"), key("?")
    (True, '')
    """
    return " ".join(sorted(tokens(name)))


@lru_cache(65536)
def sound(token: str) -> str:
    """A token without its vowels and doubled letters; '' when too little is left, or not letters.

    >>> [sound(t) for t in ("mohammed", "muhamad", "محمد")]
    ['mhmd', 'mhmd', 'mhmd']
    >>> [sound(t) for t in ("mansoori", "almansouri", "منصوري")], [sound("alpha"), sound("wael")]
    (['mnsr', 'mnsr', 'mnsr'], ['alf', ''])
    >>> [sound(t) for t in ("stellavia", "stelavia", "qahtani", "قحطاني", "a1", "ромашка")]
    ['stlf', 'stlf', 'khtn', 'khtn', '', '']
    """
    token = _bare(token)
    text = token.translate(_ARABIC_SOUND)
    if not (text.isascii() and text.isalpha()):
        return ""
    if text == token:  # in Latin letters, where two may stand for one
        for pair, one in _PAIRS_OF_LETTERS:
            text = text.replace(pair, one)
    text = text.translate(_SAME_LETTERS)
    # doubled letters first: what a vowel parts is not doubled
    text = re.sub(r"(.)\1+", r"\1", text)
    head = "a" if text[0] in "aeiou" else text[0]
    rest = re.sub("[aeiouwy]", "", text[1:]).removesuffix("h")
    return head + rest if len(rest) >= 2 else ""


def jaro(one: str, other: str) -> float:
    """The measure of Jaro: 0 nothing in common, 1 equal.

    >>> pairs = ("martha marhta", "dwayne duane", "jones johnson")
    >>> [round(jaro(*pair.split()), 3) for pair in pairs]
    [0.944, 0.822, 0.79]
    """
    if one == other:
        return 1.0
    reach = max(max(len(one), len(other)) // 2 - 1, 0)
    taken = [False] * len(other)
    mine = []
    for place, letter in enumerate(one):
        for there in range(max(place - reach, 0), min(place + reach + 1, len(other))):
            if not taken[there] and other[there] == letter:
                taken[there] = True
                mine.append(letter)
                break
    if not mine:
        return 0.0
    theirs = [letter for letter, hit in zip(other, taken, strict=True) if hit]
    swapped = sum(a != b for a, b in zip(mine, theirs, strict=True)) // 2
    same = len(mine)
    return (same / len(one) + same / len(other) + (same - swapped) / same) / 3


def plain_jaro_winkler(one: str, other: str) -> float:
    """The measure of Jaro and Winkler: the same beginning (up to four letters) adds to it.

    >>> pairs = ("martha marhta", "dwayne duane", "dixon dicksonx", "abroms abrams")
    >>> [round(plain_jaro_winkler(*pair.split()), 3) for pair in pairs]
    [0.961, 0.84, 0.813, 0.922]
    """
    score = jaro(one, other)
    if score <= 0.7:
        return score
    start = 0
    for a, b in zip(one[:4], other[:4], strict=False):
        if a != b:
            break
        start += 1
    return score + start * 0.1 * (1 - score)


jaro_winkler: Callable[[str, str], float]
try:
    from rapidfuzz.distance import JaroWinkler
except ImportError:
    jaro_winkler = plain_jaro_winkler
else:
    jaro_winkler = JaroWinkler.similarity


def _bare(token: str) -> str:
    """A token in Latin letters without the Arabic article written together with it.

    >>> _bare("almansouri"), _bare("alpha")
    ('mansouri', 'alpha')
    """
    return token[2:] if len(token) >= 7 and token.startswith(("al", "el")) else token


@lru_cache(65536)
def _alike(one: str, other: str) -> float:
    """How alike two tokens are, by letters or by sound; 0 below `ALIKE`."""
    if one == other:
        return 1.0
    if any(map(str.isdigit, one + other)):
        return 0.0  # the next number is another one
    score = jaro_winkler(one, other)
    if _bare(one) != one or _bare(other) != other:
        score = max(score, ARTICLE * jaro_winkler(_bare(one), _bare(other)))
    if score < SAME_SOUND and sound(one) and sound(one) == sound(other):
        return SAME_SOUND
    return score if score >= ALIKE else 0.0


def similarity(one: Sequence[str], other: Sequence[str]) -> float:
    """How alike two names are, 0 to 1, from their :func:`tokens` in any order.

    The share of letters in paired tokens, each pair by how alike it is. The same both ways round.

    >>> def of(one, other):
    ...     return round(similarity(tokens(one), tokens(other)), 2)
    >>> of("Nguyễn Văn An", "An Nguyen Van"), of("Acme Foods Ltd", "ACME FOODS, Inc.")
    (1.0, 1.0)
    >>> of("Stellavia Logistics GmbH", "Stelavia Logistics"), of("Al Mansoori LLC", "Almansouri")
    (0.99, 0.93)
    >>> of("Stellavia Logistics", "Stellavia Logistics Group"), of("Acme Foods", "Acme Steel")
    (0.88, 0.44)
    >>> of("", "Acme"), of("Store 12", "Store 13")
    (0.0, 0.71)
    """
    size = sum(map(len, one)) + sum(map(len, other))
    if not one or not other:
        return 0.0
    if "".join(one) == "".join(other):
        return 1.0
    places = [(i, j) for i in range(len(one)) for j in range(len(other))]
    worth = {(i, j): _alike(one[i], other[j]) * (len(one[i]) + len(other[j])) for i, j in places}
    total, left, right = 0.0, set(range(len(one))), set(range(len(other)))
    # equal pairs in an order that does not depend on which name comes first
    best = sorted(places, key=lambda p: (-worth[p], *sorted((one[p[0]], other[p[1]]))))
    for i, j in best:
        if i in left and j in right:
            left.discard(i)
            right.discard(j)
            total += worth[i, j]
    return total / size


def outline(name: str) -> tuple[str, str]:
    """The beginnings of all words of a name and their sounds, in one order; '' for one word.

    By these names are found of which every single word is common.

    >>> outline("Al Mansoori Trading LLC"), outline("Trading Almansouri")
    (('man tra', 'mnsr trdng'), ('alm tra', 'mnsr trdng'))
    >>> outline("Acme")
    ('', '')
    """
    words = tokens(name)
    if len(words) < 2:
        return "", ""
    sounds = [sound(word) or word for word in words]
    return " ".join(sorted(word[:3] for word in words)), " ".join(sorted(sounds))


def probes(name: str) -> tuple[str, list[str], list[str], list[str]]:
    """By what look-alikes of a name are sought: (key, tokens, beginnings, sounds).

    >>> probes("Mansoori Foods")
    ('foods mansoori', ['mansoori', 'foods'], ['manso'], ['mnsr', 'fds'])
    """
    words = list(dict.fromkeys(tokens(name)))
    starts = [word[:PREFIX] for word in words if len(word) > PREFIX]
    sounds = [sound(word) for word in words if sound(word)]
    return key(name), words, list(dict.fromkeys(starts)), list(dict.fromkeys(sounds))
