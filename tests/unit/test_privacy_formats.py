"""The scrubber: names of secrets, hard sentences, keywords and check digits."""

import string

import pytest

from crossfer.privacy import check_digits
from crossfer.privacy.scrubber import FINDERS, Scrubber
from crossfer.privacy.span import keyword_pattern

SCRUBBER = Scrubber(list(FINDERS))


@pytest.mark.parametrize(
    ("content", "scrubbed"),
    [
        ("aws_secret_access_key = wJ9rXUtnFEMI/K7MDENG+bPxRfi", "aws_secret_access_key = <SECRET>"),
        ('{"secret_access_key": "kT8vQ2mZ7xL4nB9c", "a": 1}', '{"secret_access_key": "<SECRET>", "a": 1}'),
        ("password_hash: $2b$12$KIXQeU0n9RkZr8YqV1hS3u", "password_hash: <SECRET>"),
        ('passwordHash="$argon2id$v=19$m=65536,t=3,p=4$c2Fs$Zm9v"', 'passwordHash="<SECRET>"'),
        ("?access_token=ya7Kp2Lx9Qm4&expires=3600", "?access_token=<SECRET>&expires=3600"),
        ("Authorization: Basic am9objpodW50ZXIy", "Authorization: Basic <SECRET>"),
        ("Das Passwort lautet Drachenfels.", "Das Passwort lautet <SECRET>."),
        ("La contraseña es Girasol#45.", "La contraseña es <SECRET>."),
        ("token = jwt.encode(payload, key2)", "token = jwt.encode(payload, key2)"),
        ("api_key = os.environ['API_KEY_2']", "api_key = os.environ['API_KEY_2']"),
        ("password: ${DB_PASSWORD_1}", "password: ${DB_PASSWORD_1}"),
    ],
)
def test_names_of_secrets_stay(content, scrubbed):
    assert SCRUBBER(content)[0] == scrubbed


@pytest.mark.parametrize(
    ("content", "scrubbed"),
    [
        ("Ask r&d@weaver.org, to=r&d@weaver.org", "Ask <EMAIL>, to=<EMAIL>"),
        ("kim(골뱅이)naver.com, test（at）163（点）com, jo(a)yritys.fi", "<EMAIL>, <EMAIL_2>, <EMAIL_3>"),
        ("jsmith@gmail(dot)com, jsmith AT gmail.com, jsmith_AT_gmail_DOT_com", "<EMAIL>, <EMAIL_2>, <EMAIL_3>"),
        ("wang#163.com, yamada★example.co.jp, 123456789@qq点com", "<EMAIL>, <EMAIL_2>, <EMAIL_3>"),
        ("section 5(a)second.part, git@github.com", "section 5(a)second.part, git@github.com"),
    ],
)
def test_notations_of_emails(content, scrubbed):
    assert SCRUBBER(content)[0] == scrubbed


@pytest.mark.parametrize(
    ("content", "scrubbed"),
    [
        ("curl -u ann:horse9Barn https://x.org", "curl -u ann:<SECRET> https://x.org"),
        ("mysql -u root -pmYs3cretPw shop; mysql -p database1", "mysql -u root -p<SECRET> shop; mysql -p database1"),
        ('key = "5pUxAY1f6GCQiNKty88MhWG2"', 'key = "<SECRET>"'),
        ("Cookie: sessionid=21c402364f9572b85a8e48f687ab165c; Path=/", "Cookie: sessionid=<SECRET>; Path=/"),
        (
            "cache_key=d41d8cd98f00b204e9800998ecf8427e, key: color2",
            "cache_key=d41d8cd98f00b204e9800998ecf8427e, key: color2",
        ),
        (
            'password: "correct-horse-staple", password: "must-not-change"',
            'password: "<SECRET>", password: "must-not-change"',
        ),
        ("my api key is 8f7d6e5c4b3a29181716151413121110", "my api key is <SECRET>"),
        ("Das pw ist Kestrel99, パスワード「Kestrel99」", "Das pw ist <SECRET>, パスワード「<SECRET>」"),
        ("the token is worth 5 dollars", "the token is worth 5 dollars"),
        ("4539 7203 8412 6640 04/28", "<CARD> 04/28"),
        ("cartão Elo 5067 4147 3829 1063", "cartão Elo <CARD>"),
        ("0x0000000000000000000000000000000000000000", "0x0000000000000000000000000000000000000000"),
        ("paspoortnummer NX47K38L2", "paspoortnummer <NATIONAL_ID>"),
    ],
)
def test_secrets_in_commands_and_numbers_in_context(content, scrubbed):
    assert SCRUBBER(content)[0] == scrubbed


@pytest.mark.parametrize(
    "sentence",
    [
        "Seeds: (1) 6-2 6-3, (2) 7-5 3-6 10-8",
        "Tracking: 1Z 999 AA1 01 2345 6784",
        "The phone sold 6473829100 units.",
        "CEP 01310-100, São Paulo",
        "const a = 1; // @ts-check",
        "A secret 1960s-era bunker was opened to visitors.",
        "It was a secret 1970s plan to drain the lake.",
        "A secret 18th-century passage leads to the cellar.",
        "The secret 007 film opens in 2025.",
        "The secret ballot of 1872 changed politics.",
        "The secret is well-kept by 3 families.",
        "The secret to 100-year-old bread is patience.",
        "Her secret: 8 hours of sleep.",
        "His secret: he reads 40 pages every day.",
        "Victoria's Secret 2014 show was filmed in London.",
        "Top-secret F-117A jets flew 1,300 missions.",
        "The Secret Garden (1911) sold 40,000 copies.",
        "A bearer 5-year bond pays 3.2%.",
        "Bearer bonds worth $2,000,000 vanished.",
        "He was the torch bearer 12345 of the relay.",
        "The standard bearer 1st regiment fell.",
        "Pallbearers carried the 200-pound coffin.",
        "The password is required, and it is case-sensitive.",
        "Password: must contain at least 8 characters.",
        "The password policy requires 12 characters and 2 digits.",
        "La clave es 50% talento, 50% trabajo.",
        "Le mot de passe est expiré depuis 2019.",
        "Das Passwort ist mindestens 12 Zeichen lang.",
        "Basic training takes 12 weeks.",
        "The token ring ran at 16Mbit/s in 1989.",
    ],
)
def test_sentences_about_secrets_stay(sentence):
    assert SCRUBBER(sentence)[0] == sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "Virginia Woolf (1882-1941) and Coco Chanel (1883-1971)",
        "the 2020/2021 season, 2018 2019/2020",
        "Federer won 7-6 (8-6) 7-6 (7-5) 3-6 16-14.",
        "120 millions de livres sterling (94 790 504 000 FCFA)",
        "Tetesi za soka jioni hii (02.08.2022)",
        "Rapid Wien (18/02/16) 5-0",
        "a free-at-the-point-of-need system",
        "It can't choke at any point in time.",
        "The years were (lived (at) home. Then) hard.",
    ],
)
def test_found_in_news_without_personal_data(sentence):
    """From MasakhaNEWS and BBC News."""
    assert SCRUBBER.find(sentence) == []


@pytest.mark.parametrize(
    ("text", "scrubbed"),
    [
        ("Cache at N 52 31.204 E 013 24.518.", "Cache at <COORDINATES>."),
        ("57 08.736N, 002 05.219W", "<COORDINATES>"),
        ("https://www.pinterest.de/rosa_hof/ by jo", "https://www.pinterest.de/<HANDLE>/ by jo"),
        ("https://www.last.fm/user/otto_k", "https://www.last.fm/user/<HANDLE>"),
        ("https://stackoverflow.com/users/22656/anna-berg-7", "https://stackoverflow.com/users/22656/<HANDLE>"),
        ("https://news.ycombinator.com/user?id=olof84", "https://news.ycombinator.com/user?id=<HANDLE>"),
        ("תתקשרי ל054-384-7261 בבוקר", "תתקשרי ל<PHONE> בבוקר"),
        ("Dall'estero: +39 (0)2 4738 2615", "Dall'estero: <PHONE>"),
        ("Tel.: 089 / 47 38 29-10, (+44) 20 7946 0822", "Tel.: <PHONE>, <PHONE_2>"),
        ("Enquiries +44 (0)1632 960 457 (fiction)", "Enquiries <PHONE> (fiction)"),
        ("тел.+7(916)4738291, 사무실 전화 02) 473-8291", "тел.<PHONE>, 사무실 전화 <PHONE_2>"),
        ("Mi número es 647382910", "Mi número es <PHONE>"),
        (
            "posted by u/dusty_shelf on reddit, instagram: ellie_brook",
            "posted by <HANDLE> on reddit, instagram: <HANDLE_2>",
        ),
        ("http://84.73.82.91:8080/admin, listen 0.0.0.0:2377", "http://<IP>:8080/admin, listen 0.0.0.0:2377"),
        ("x.com/home, notx.com/anna, https://t.me/share/url", "x.com/home, notx.com/anna, https://t.me/share/url"),
    ],
)
def test_notations_of_positions_profiles_and_phones(text, scrubbed):
    assert SCRUBBER(text)[0] == scrubbed


@pytest.mark.parametrize(
    "code",
    [
        "@requires_postgres\ndef test_rows(): ...",
        "    @capture_outputs\n    @can_return_tuple\n    def forward(self): ...",
        "Such as `@root_validator` or @lru_cache(maxsize=2).",
        '{"@tokenizers": "spacy.zh.ChineseTokenizer"}',
        "scores = [0.11197053, 0.44361564, -0.92589452]",
        "y = [-34.83333, 58.5166646, 12.33333, 4.11111]",
        "2022-05-01 04:05:06 0.208461  0.481681",
        "Phys. Rev. E 64, 026118 (2001), arXiv 0905.4913",
        "51 Franklin Street, Boston, MA 02110-1301 USA",
        "token_ids_0=token_ids_0, params.token0 == other_params.token0",
        'Auth = namedtuple("Auth", ["login", "password", "encoding"])',
        "join(pwd, './data/testset-1.csv')",
        "custom_pass: CustomGraphModulePass = None",
        "class TestDatetime64ArrayLikeComparisons:",
        ".sk-toggleable__label-arrow:before { }",
        "assert order == 19508428800",
        "# Challenge password\n\npkcs_9_at_challengePassword = _OID(pkcs_9, 7)",
        "text_pad_token=129_595, private_key: PKCS7PrivateKeyTypes",
        "0 9.783072e+11",
    ],
)
def test_code_has_no_personal_data(code):
    """As in installed packages."""
    assert SCRUBBER.find(code) == []


def test_only_marked_keywords_match_the_beginning_of_a_word():
    stems, words = keyword_pattern("звон* tel"), keyword_pattern("ring coordinat")
    assert stems.search("Звоните") and stems.search("tel. 1") and not stems.search("telling")
    assert words.search("ring me") and not words.search("ringed") and not words.search("coordinates")
    assert keyword_pattern("رقم").search("برقمي") and keyword_pattern("电话").search("打电话给")


@pytest.mark.parametrize(
    ("is_valid", "number"),
    [
        (check_digits.is_german_tax_number, "47382619505"),
        (check_digits.is_german_card_number, "L01X38T478"),
        (check_digits.is_cpf, "061.938.472-78"),
        (check_digits.is_bsn, "384726161"),
        (check_digits.is_pesel, "03271947265"),
        (check_digits.is_luhn, "3530.1284.7361.9254"),
        (check_digits.is_isbn_10, "0-306-40615-2"),
        (check_digits.is_spanish_number, "X3847261M"),
        (check_digits.is_french_number, "284053847261545"),
        (check_digits.is_chinese_number, "11010519491231002X"),
        (check_digits.is_mod_97, "DE53500105173847261935"),
    ],
)
def test_check_digits(is_valid, number):
    """Each other last digit or letter is refused."""
    others = string.ascii_uppercase if number[-1].isalpha() else string.digits
    valid = [last for last in others if last != number[-1] and is_valid(number[:-1] + last)]
    assert is_valid(number) and valid == []
