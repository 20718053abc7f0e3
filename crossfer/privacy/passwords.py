"""Find passwords and other secrets by their names, which stay in the text."""

import re
from collections.abc import Iterator

from crossfer.privacy.span import Span

MIN_SECRET_CHARACTERS, MIN_TOKEN_DIGITS = (6, 10)

# Names in code and configuration, also with prefixes and in camel case: DB_PASSWORD, clientSecret, "secret_access_key".
NAME = (
    r"(?:pass(?:word|wd|phrase|code)|pwd|passwort|kennwort|secret|token|credentials?"
    r"|(?:api|access|private|auth|account|signing|encryption|master|session|license)[_ -]?key"
    r"|(?<![a-z])(?:pass|pw|psk))"
)
NAME_SUFFIX = (
    r"(?:[_ -]?(?:access|key|hash|value|token|secret|base64|enc|encrypted|digest|salt|string|id|prod|dev|test|\d{1,2})"
    r"(?![a-z])|[_-][a-z0-9]{1,16}){0,3}"
)
NAME_BEFORE = re.compile(rf"{NAME}{NAME_SUFFIX}(?:\\?[\"'`])?\s{{0,4}}$", re.I)
ORDINARY_NAME_BEFORE = re.compile(  # a secret only if the value is random
    rf"(?:(?P<key>key)|session|cookie|auth|sid){NAME_SUFFIX}(?:\\?[\"'`])?\s{{0,4}}$", re.I
)
MAX_NAME_CHARACTERS = 72
COMMANDS = "curl wget mysql mariadb sshpass mongo redis-cli ldapsearch docker"
COMMAND_OPTION = re.compile(  # -u name:password, -ppassword
    r"\b(?:(?:curl|wget)\b[^\n|;]{0,400}?\s(?:-u\s?|--(?:proxy-)?user[\s=])[\"']?[\w.@+-]{1,64}:"
    r"|(?:mysql\w*|mariadb)\b[^\n|;]{0,400}?\s-p"
    r"|(?:sshpass|mongo\w*|docker login|redis-cli|ldapsearch)\b[^\n|;]{0,400}?\s-[paw]\s?)"
    r"(?:[\"'](?P<quoted>[^\n\"']{6,128})[\"']|(?P<value>[^\s\"'@-][^\s\"'@]{5,127}))"
)
TOKEN_IN_SENTENCE = re.compile(
    r"\b(?:(?:api|access|secret|private)[ -]?key|token|cl[ée] api|api-schlüssel|clave api)"
    r"\s(?:is|ist|lautet|est|es)\s{1,4}(?:[\"'](?P<quoted>[\w+/=-]{20,512})|(?P<value>[\w+/=-]{20,512}))",
    re.I,
)
ASSIGNED_VALUE = re.compile(
    r"(?:=>|:=|==|[:=：>])\s{0,4}(?:\\?[\"'`“«„](?P<quoted>[^\"'`”»“\n\\]{6,512})"
    r"|(?P<value>\$argon2\w+\$[^\s\"'<>]+|[^\s\"'`<>,;，。、；“”«»„)]{6,512}))"
)

# Words for a password in prose.
PASSWORD = (
    r"(?:\b(?:password|passwd|pw|passphrase|passcode|pwd|pass ?key|passwort|kennwort|zugangscode|mot de passe|mdp"
    r"|code d'accès|contraseña|contrasena|clave|senha|palavra[- ]passe|parola(?: d'ordine)?|wachtwoord|has[łl]o|heslo"
    r"|jelszó|jelszava|parolă|lösenord(?:et)?|adgangskode(?:n)?|passord(?:et)?|salasana(?:ni)?|şifre(?:m|si|niz)?|sifre"
    r"|nenosiri|neno la siri|(?:kata )?sandi(?:nya|ku|mu)?|mật khẩu|κωδικός|кодовое слово|парол(?:ь|я|ю|ем))\b"
    r"|密码|密碼|口令|パスワード|暗証番号|비밀번호|암호|รหัสผ่าน|पासवर्ड|পাসওয়ার্ড|كلمة المرور|كلمة السر|رمز عبور|رمز المرور"
    r"|گذرواژه|پاس ورڈ|סיסמה|סיסמא)"
)
LINK = (
    r"(?:is|was|are|be|to|ist|lautet|war|heißt|heisst|est|c'est|es|era|ser|é|eh|e|è|brzmi|jest|luidt|är|er|on|je|este"
    r"|ni|adalah|là|είναι|это|היא|הוא|هي|هو|است|है|คือ|set|still|now|currently|changed|jetzt|noch|ahora|siendo|toujours)"
)
UNSPACED_LINK = r"(?:是|为|為|は|が|은|는|이|가|คือ|[:：])"
OWNER = (
    r"(?:\s(?:for|of|to|on|für|zum|zur|vom|von|der|des|fürs|pour|du|de|del|para|do|da|per|dla|voor|van|för|til|к|от|для|до|від)"
    r"\s[^\n.!?:;,]{1,32}?)"
)
VALUE = r"(?:[\"'“«„「`](?P<quoted>[^\"'“”»«„」`\n]{6,128})[\"'”»“」`]|(?P<value>[!-~£€§äöüÄÖÜßа-яА-ЯёЁ]{6,256}))"
NAMED_PASSWORD = re.compile(
    rf"{PASSWORD}(?P<between>[\"']?(?:{OWNER}(?:\s{{0,4}}[:=：]\s{{0,4}}|\s{{1,4}}{LINK}[:：]?\s{{1,4}})"
    rf"|\s{{0,4}}(?:[:=：(,—–→-]|{UNSPACED_LINK}|(?=「)|['’]s\s)\s{{0,4}}(?:{LINK}\s{{1,4}})?"
    rf"|[^\S\n]{{1,4}}(?:{LINK}[:：]?\s{{1,4}}){{0,3}}|\s(?:от|к|для)\s\w{{1,24}}\s)){VALUE}",
    re.I,
)

HAS_DIGIT_OR_SPECIAL = re.compile(r"[\d!#$%&*+@^~§£€]")
LIST_SEPARATOR = re.compile(r"[,(]")  # as in ["login", "password", "encoding"]
LITERAL_LINK = re.compile(r"lautet|brzmi|luidt|set to", re.I)  # words that precede a quotation
MIN_RANDOM_LETTERS, MIN_CAPITAL_FRACTION = (12, 0.3)  # words in camel case have fewer capitals
PLACEHOLDERS = (
    "string password secret required optional example changeme hidden redacted removed undefined folgend "
    "folgendermaßen invalid passwd mypassword yourpassword incorrect missing unknown default username your new current "
    "must not change enter here"
)
PASSPHRASE = re.compile(r"[a-z]{2,}(?:-[a-z]{2,}){2,}", re.I)
MIXED = r"(?=(?:[^a-z]*[a-z]){3})(?=(?:[^A-Z]*[A-Z]){3})(?=(?:\D*\d){3})[\w+/=-]{20,512}"
MIXED_VALUE = re.compile(MIXED, re.A)
RANDOM_VALUE = re.compile(rf"{MIXED}|(?=\d*[a-f])(?=[a-f]*\d)[0-9a-f]{{32,128}}", re.A)  # also hexadecimal digits
LONG_WORD = re.compile(r"[a-z]{7}")
NEXT_PARAMETER = re.compile(r"&\w+=.*", re.S)  # in a URL
IS_PASSWORD = re.compile(rf"{PASSWORD}|pass|pwd|pw", re.I)
PASSWORD_STEMS = (  # every name of a password contains one; searching for them is faster than NAMED_PASSWORD
    "passw passp passc passe passkey pwd pw kennwort zugangscode mdp contrase clave senha parol wachtwoord hasł hasl "
    "heslo jelsz lösenord adgangskode passord salasana şifre sifre nenosiri sandi khẩu κωδικός парол кодовое "
    "密码 密碼 口令 パスワード 暗証番号 비밀번호 암호 รหัสผ่าน पासवर्ड পাসওয়ার্ড كلمة رمز گذرواژه ورڈ סיסמה סיסמא"
)
# Words with digits or hyphens, numbers and amounts, code that computes a value, and placeholders are no secrets.
ORDINARY_WORD = re.compile(
    r"\d[\d.,:/_]*(?:s|st|nd|rd|th|er|ème|e|º|%|€)?(?:[-–][A-Za-zÀ-ÿ]+)*"
    r"|(?-i:[A-Z]{2,8})-?\d{1,4}"
    r"|[a-z]+\d{0,4}-(?:encoded|encrypted|protected|hashed|sensitive|based|bit|era|free|only|style)"
    r"|[$€£¥]?\d[\d.,]*[kmb%€$£]?|\W+|(?:https?|ftp)://\S*",
    re.I,
)
CODE_VALUE = re.compile(
    r"(?:self|this|os|process|config|settings|env|request|req|res|user|data|args|props|response|params)\.\w.*"
    r"|[A-Za-z_][\w.]*[(\[].*|[\[({].*|[a-z]+(?:_[a-z]+)+_?\d{1,2}|[A-Z]\w*?(?:[A-Z][a-z]{2,}){3,}|[a-z_]+(?:\.[a-z_]\w*)+|\.{0,2}/.*|\$\{.*|\{\{.*|%\(?\w*\)?s?|\$[A-Za-z_]\w*|[*xX•.]+|<.*|[A-Za-z_]+(?:[._-][A-Za-z_]+)*",
)


def find_named_secret(text: str, normalized: str) -> Iterator[Span]:
    """Find the values of passwords, tokens and keys after their names."""
    position = 0
    while match := ASSIGNED_VALUE.search(text, position):
        spans: list[Span] = []
        start = max(0, match.start() - MAX_NAME_CHARACTERS)
        if name := NAME_BEFORE.search(text, start, match.start()):
            is_password = IS_PASSWORD.search(name.group()) is not None
            spans += _find_value(match, is_password, is_literal=is_password and match["quoted"] is not None)
        elif name := ORDINARY_NAME_BEFORE.search(text, start, match.start()):
            spans += _find_random(match, MIXED_VALUE if name["key"] else RANDOM_VALUE)
        yield from spans
        # A value that is no secret may contain another name, as in `Cookie: session=...`.
        position = match.end() if spans else match.start("quoted" if match["quoted"] else "value")
    lower = text.lower()
    for match in TOKEN_IN_SENTENCE.finditer(text):
        yield from _find_random(match, RANDOM_VALUE)
    if any(command in lower for command in COMMANDS.split()):
        for match in COMMAND_OPTION.finditer(text):
            yield from _find_value(match, is_password=True, is_literal=True)
    if any(stem in lower for stem in PASSWORD_STEMS.split()):
        for match in NAMED_PASSWORD.finditer(text):
            is_quoted = match["quoted"] is not None and LIST_SEPARATOR.search(match["between"]) is None
            is_literal = is_quoted or LITERAL_LINK.search(match["between"]) is not None
            yield from _find_value(match, is_password=True, is_literal=is_literal)


def _find_random(match: re.Match[str], pattern: re.Pattern[str]) -> Iterator[Span]:
    """Yield the span of an assigned value that looks random."""
    group = "quoted" if match["quoted"] else "value"
    value = match[group].rstrip(".?:")
    if pattern.fullmatch(value) and not LONG_WORD.search(value):
        yield Span(match.start(group), match.start(group) + len(value))


def _find_value(match: re.Match[str], is_password: bool, is_literal: bool) -> Iterator[Span]:
    """Yield the span of a named value that looks like a secret.

    Args:
        match: with the value in the group `quoted` or `value`.
        is_password: its name is a word for a password, so that it may consist of digits.
        is_literal: the sentence quotes it, so that it may be a word.
    """
    group = "quoted" if match["quoted"] else "value"
    value = NEXT_PARAMETER.sub("", match[group]).rstrip(".?:,;\"')]}»”>")
    if len(value) < MIN_SECRET_CHARACTERS:
        return
    if value.isalpha():
        is_placeholder = value.casefold() in PLACEHOLDERS.split()
        is_secret = _is_random(value) or (is_literal and not is_placeholder)
    elif value.isdigit():
        is_secret = is_password or len(value) >= MIN_TOKEN_DIGITS
    else:
        is_ordinary = ORDINARY_WORD.fullmatch(value.rstrip("!")) or CODE_VALUE.fullmatch(value)
        is_secret = HAS_DIGIT_OR_SPECIAL.search(value) is not None and not is_ordinary
        is_secret |= is_literal and PASSPHRASE.fullmatch(value) is not None and not _has_placeholder(value)
    if is_secret:
        yield Span(match.start(group), match.start(group) + len(value))


def _has_placeholder(words: str) -> bool:
    return not set(words.casefold().split("-")).isdisjoint(PLACEHOLDERS.split())


def _is_random(letters: str) -> bool:
    """Tell whether letters have as many capitals as a random key."""
    fraction = sum(map(str.isupper, letters)) / len(letters)
    is_mixed = MIN_CAPITAL_FRACTION <= fraction <= 1 - MIN_CAPITAL_FRACTION
    return is_mixed and len(letters) >= MIN_RANDOM_LETTERS and letters.isascii()
