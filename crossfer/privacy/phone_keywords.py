"""Words near telephone numbers, in the languages of their numbering plans."""

import re

from crossfer.privacy.span import keyword_pattern

KEYWORDS = keyword_pattern(
    "tel phone* telephone* call* mobile* cell cellphone fax whatsapp* sms dial* hotline* contact* ring",
    "rings text texts mob ph đt sđt freecall* freephone* tollfree",
    "landline* voicemail* reach reached switchboard* helpline* toll-free telefon* handy* anruf* ruf rufen ruft mobil*",
    "erreich* durchwahl* festnetz* zentrale wähl* téléphon* telephon* portable appel* joindre joignable* compose* fixe",
    "standard répond* teléfono* telefono* móvil* movil* fijo llám* llam* marque marca marcar celular*",
    "contact* contáct* whats",
    "cellulare* chiam* fisso telefone* telemóvel* telemovel* ligue ligar liga contato* zadzwoń dzwoń dzwoni* komórk*",
    "komork* kom telefoon* bel bellen belt gsm mobiel* ringa sök puhelin* soita* soitta* mobilen tlf telefonnr",
    "тел телеф* звон* позвон* моб мобил* набер* наберите ватсап* вотсап* дзвон* телефону τηλ* κιν*",
    "κάλεσ* καλέσ* volej* hívj*",
    "sună* sunați टेलीफोन फोन फ़ोन मोबाइल संपर्क कॉल ফোন মোবাইল โทร เบอร์ gọi điện* hubungi telepon* hp",
    "simu piga nipigie",
    "电话 電話 手机 手機 致电 拨打 联系 携帯 連絡 전화 연락처 휴대폰 핸드폰",
    "هاتف جوال اتصل موبايل تليفون واتساب تماس تلفن فون טלפון פלאפון התקשר נייד חייג ווטסאפ cep ara arayın telefonum",
)
WEAK_KEYWORDS = keyword_pattern(  # for numbers with groups of digits
    "number* nummer* numéro* número* numero* numer* rufnummer* номер* číslo* nambari numara* nomor* số рабоч* "
    "office oficina biuro"
    " sekretariat* recepción recepcja запис* пишите пиши desk reception bureau büro ufficio escritório escríb* escrib*"
    " 號碼 号码 番号 번호 رقم מספר नंबर নম্বর"
)
LOTTERY = keyword_pattern(
    "lott* loto* draw* drew euromill* jackpot* tirage* ziehung* gewinnzahl* sorteo* números gagnant* "
    "étoile* лотере* लॉटरी 彩票 bonus"
)
OWN_NUMBER = re.compile(  # before a number without groups
    r"\b(?:my|mein\w*|meu|mio|mon|mój|moim?|mijn|mitt?|min|мой|моего|мій|mi)\s"
    r"(?:new |neue |nuevo |nouveau |nowy |новый )?"
    r"(?:number|nummer|número|numero|numéro|numer|номер)\b|\bnumaram\b|मेरा नंबर|আমার নম্বর|شماره من|رقمي|המספר שלי"
    r"|我的号码|我的號碼|私の番号|내 번호|nambari yangu",
    re.I,
)
