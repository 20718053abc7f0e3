"""Find account names after @ or in profile addresses, except code decorators."""

import re
from collections.abc import Iterator

from crossfer.privacy.span import Span, find_matches, keyword_pattern

HANDLE = re.compile(
    r"(?<![\w@/.&=\\])@(?=\w*[^\W\d_])\w(?:[\w-]|\.(?=\w)){1,61}+"
    r"(?:@(?:[\w-]{1,63}\.){1,8}+[^\W\d_]{2,24}+)?+(?![\w@(/\[])(?! ?=)"
)
UNSPACED_HANDLE = re.compile(r"@[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af](?:(?!\d)[\w·-]){1,29}+(?!\d)")
PLACE_OR_TIME = re.compile(r"@\d+(?:[.,]\d+)?[a-z]{1,3}|@(?:noon|midnight|home|work|all|here|everyone|channel)", re.I)

# Names that programming languages and frameworks define: Python, Java, Kotlin, C#, TypeScript, CSS, Sass, Vue, SQL, ...
CODE_WORDS = """
    property staticmethod classmethod dataclass cached_property abstractmethod overload final pytest functools
    lru_cache wraps contextmanager app fixture parametrize login_required receiver task shared_task numba jit njit
    override deprecated suppresswarnings functionalinterface safevarargs nullable nonnull notnull notblank notempty
    valid test before after beforeeach aftereach beforeall afterall beforeclass afterclass ignore disabled runwith mock
    injectmocks spy autowired bean component service repository controller configuration inject named singleton
    mutation subscription resolver field args try catch finally synchronized generated strict attribute
    entity table column id generatedvalue transactional query requestbody requestparam pathvariable value profile
    scheduled async eventlistener data getter setter builder slf4j composable preview jvmstatic jvmfield throws
    rtype raises ivar
    param params parameter return returns throw exception see since author version brief file link code inheritdoc
    todo private public protected internal type typedef template example default callback event class constructor
    injectable input output viewchild hostlistener directive pipe ngmodule prop watch emit
    media import font-face keyframes supports charset page namespace layer container include mixin extend use forward
    function if else elseif endif for foreach endforeach each while switch case break endsection section yield extends
    csrf auth guest can error php click submit change keyup keydown input.prevent click.prevent submit.prevent
    model code-behind inject layout functions rendersection renderbody html url
    decimal int integer varchar nvarchar char text date datetime bit float money identity rowcount total count sum name
    echo off objc interface implementation selector synthesize protocol end optional required available main objcmembers
    state binding published observedobject environmentobject environment viewbuilder escaping autoclosure mainactor
    ts-ignore ts-expect-error ts-nocheck apply tailwind screen license preserve flow jsx api depends counter-style
    list array args items values result results output
    discardableresult ibaction iboutlet uiapplicationmain testable inlinable frozen dynamic
"""
CODE_NAMES = frozenset(CODE_WORDS.split())
CODE_ATTRIBUTE = re.compile(
    r"(?:app|api|router|blueprint|bp|pytest|functools|contextlib|abc|typing|unittest|mock|celery|click|np|tf|torch|jax|model|html|viewbag"
    r"|item|items|self|this)\.\w.*"
    r"|.*\.(?:setter|getter|deleter|route|fixture|prevent|stop|each|map|push|size|length|save|find)",
    re.I,
)
CODE_SUFFIX = re.compile(
    r"@(?:[A-Z][a-z0-9]+)+(?:Mapping|Controller|Repository|Component|Service|Bean|Module|Entity|Column|Table|Test|Each"
    r"|Param|Variable|Body|Null|Blank|Configuration|Application|Handler|Listener|Advice|Property|Properties|Annotation)"
)
CONTEXT_BEFORE, CONTEXT_AFTER = (160, 80)  # characters around a name
DEFINITION_AFTER = re.compile(
    r"(?:[ \t]*(?:#.*)?\n\s*(?:@[\w.]+.*\n\s*)*"
    r"|[ \t]+)(?:def|async|class|public|private|protected|static|final|abstract|void|function|export|fun|func|struct)\b"
)
CODE_CONTEXT = keyword_pattern(
    "decorator* decorate* annotat* annotation* directive* mixin* javadoc* doxygen* jsdoc npm docker* sql",
    "select declare",
    "css sass scss vue angular spring python java junit pytest django flask ruby numpy typescript javascript kotlin",
    "nestjs graphql resolver* scala rust julia elixir procedure stored c++ php laravel blade excel razor swift",
    "objective-c perl matlab bash powershell dekorat* аннотац* декоратор* dekorator*",
    "注解 装饰器 アノテーション デコレータ 어노테이션 데코레이터 decorador* anotaci* anotaç* décorateur*",
    "decoratore annotazion*",
)
WEAK_CODE_CONTEXT = keyword_pattern(
    "class method function field variable parameter compile* klasse methode funktion* variable* méthode fonction",
    "función método clase função classe metodo funzione метод* класс* функци* переменн* 类 方法 函数",
    "変数 関数 クラス 메서드",
)
SOCIAL_CONTEXT = keyword_pattern(
    "follow* dm tweet* instagram* twitter* tiktok* mastodon telegram* snapchat threads bluesky facebook youtube posted",
    "posts post wrote writes said says account photo credit tagged mention* folg* konto schrieb foto",
    "suiv* compte segu*",
    "cuenta conta perfil profil* подпис* телеграм* инстаграм* аккаунт* пиш* 关注 微博 抖音 フォロー",
    "팔로우 حساب* تويتر* इंस्टा*",
)

PROFILE_PREFIXES = (  # in each, the account name follows
    r"(?:twitter|instagram|tiktok|facebook|github|gitlab|pinterest|twitch|soundcloud|patreon|keybase|dribbble|behance"
    r"|linktr|ko-fi|venmo|vimeo|tumblr|myspace|bitbucket|medium|threads)\.(?:[a-z]{2,3}\.)?[a-z]{2,3}/"
    r"|(?:(?:x|fb|vk)\.com|t\.me|telegram\.me|instagr\.am|letterboxd\.com)/"
    r"|(?:linkedin\.com/(?:in|pub)|reddit\.com/(?:user|u)|youtube\.com/(?:user|c|channel)|snapchat\.com/add"
    r"|xing\.com/profile|bsky\.app/profile|flickr\.com/(?:people|photos)|quora\.com/profile|ok\.ru/profile"
    r"|steamcommunity\.com/(?:id|profiles)|zhihu\.com/people|weibo\.com/(?:u|n)|facebook\.com/people|t\.me/s"
    r"|cash\.app|last\.fm/user|open\.spotify\.com/user|strava\.com/athletes|stackoverflow\.com/users/\d{1,9})/\$?"
    r"|facebook\.com/profile\.php\?id=|news\.ycombinator\.com/user\?id="
    r"|(?:[a-z0-9-]{1,63}\.){1,3}[a-z]{2,12}/(?=@)"  # Mastodon, YouTube, TikTok, Threads, Medium
    r"|(?:[a-z0-9-]{1,63}\.){1,3}[a-z]{2,12}/(?:users|profile|profiles|members?)/(?=[\w.-]*[a-z])"
)
PROFILE = re.compile(
    rf"(?<![\w@.-])(?:https?://)?(?:(?:www|m|mobile|old|web|[a-z]{{2}})\.)?(?:{PROFILE_PREFIXES})"
    r"(?P<name>@?[\w](?:[\w.-]{0,61}\w)?)(?P<rest>/?(?=[?#\s\"'<>)\]},.;:!]|$|[^\x00-\x7f])|/(?:status|posts|photos|videos?|media|reels)\b)",
    re.I,
)
# A name after that of a network has a digit or an underscore, otherwise it may be a word.
NAMED_ACCOUNT = re.compile(
    r"(?<![\w.])(?:instagram|insta|ig|twitter|telegram|tg|snapchat|snap|tiktok|github|gitlab|discord|skype|threads|reddit"
    r"|facebook|fb|linkedin|twitch|wechat|weixin|微信号?|微博|インスタ|인스타(?:그램)?)"
    r"(?: ?(?:id|user(?:name)?|account|name|handle|nick(?:name)?|konto|compte|cuenta))?[\"']?\s?[:：]\s?[\"']?"
    r"(?P<name>(?=[a-z.]{0,30}[\d_])[a-z][\w.]{3,30}(?<!\.))(?![\w/:@-])",
    re.I | re.A,
)
REDDIT_NAME = re.compile(r"(?<![\w/.])(?P<name>/?u/[\w-]{3,20})(?![\w/-])", re.A)
REDDIT = re.compile(r"reddit|\br/[a-z]", re.I)
RESERVED_WORDS = """
    explore search hashtag home i intent share login signup about help features pricing topics orgs marketplace
    settings p reel reels stories watch playlist results feed feeds groups events pages pg people photo photo.php
    profile.php sharer sharer.php dialog plugins tr policies privacy tos terms jobs company school pulse s joinchat
    addstickers addlist proxy iv setlanguage download apps store notifications messages compose careers press blog
    legal developers directory tags accounts direct tv web embed status oembed pin discover business ads live games
    gaming c channel user users join new sponsors security enterprise team customer-stories collections trending
    login register dashboard edit contact index index.html index.php faq docs support news media public
"""
RESERVED_NAMES = frozenset(RESERVED_WORDS.split())


def find_handle(text: str, normalized: str) -> Iterator[Span]:
    """Find account names that begin with @ or follow the address of a network."""
    if "/" in normalized and "." in normalized:
        for match in PROFILE.finditer(normalized):
            name = match["name"].casefold()
            if name not in RESERVED_NAMES and not name.endswith((".html", ".php", ".htm")):
                yield Span(*match.span("name"))
    yield from (Span(*match.span("name")) for match in NAMED_ACCOUNT.finditer(text))
    if "u/" in text and REDDIT.search(text):
        yield from (Span(*match.span("name")) for match in REDDIT_NAME.finditer(text))
    if "@" in normalized:
        yield from (Span(*match.span()) for match in HANDLE.finditer(normalized) if _is_account(match, text))
        yield from find_matches(UNSPACED_HANDLE, text)


def _is_account(match: re.Match[str], text: str) -> bool:
    """Tell whether a name with @ belongs to an account, not to code."""
    handle, (start, end) = match.group(), match.span()
    name = handle[1:]
    if PLACE_OR_TIME.fullmatch(handle) or CODE_SUFFIX.fullmatch(handle):
        return False
    if "@" in name:
        return True
    if name.casefold() in CODE_NAMES or CODE_ATTRIBUTE.fullmatch(name) or _is_quoted_as_code(text, start, end):
        return False
    context = text[max(0, start - CONTEXT_BEFORE) : end + CONTEXT_AFTER]
    is_social = SOCIAL_CONTEXT.search(context) is not None
    if CODE_CONTEXT.search(context) and not is_social:
        return False
    return not name.isalpha() or is_social or not WEAK_CODE_CONTEXT.search(context)


def _is_quoted_as_code(text: str, start: int, end: int) -> bool:
    """Return whether a name is in backticks or a comment, a JSON key, or a decorator."""
    if text[start - 1 : start] == "`" or text[end : end + 1] == "`" or text[end : end + 2] == '":':
        return True
    if text[:start].rstrip().endswith(("//", "/*", "/**")):
        return True
    is_alone = not text[:start].rpartition("\n")[2].strip()
    return is_alone and DEFINITION_AFTER.match(text, end) is not None
