"""What a header's word says of its column: a role as the dialects have it, or as its parts tell."""

import re
import unicodedata

from detection.cdr.formats import vocabulary
from detection.cdr.words import header_keys

EXACT, PARTS = 3.0, 2.0  # how much more a whole word weighs than its parts
NOTHING = "-"  # a word that is understood, and means no role

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# (role, what it must hold, what it must not hold), tried in order on the word's parts
_RULES: tuple[tuple[str, str, str], ...] = (
    (
        NOTHING,
        r"(?=.*(?:对方|对端|对象|归属|漫游|\bother\b|\bopp\b|\bpeer\b|\bopposite\b|\bremote\b|\bhome\b|"
        r"\broam\w*\b))(?=.*(?:imsi|imei|lac|tac|cell|\bci\b|cgi|小区|基站|位置|串号|\bmsc\b|地|省|市|country|city|"
        "region|operator|运营|网))",
        "",
    ),
    (
        NOTHING,
        r"(?=.*(?:被叫|\bcalled\b|\bb\b|\bcallee\b|\bterm\w*\b|\bto\b|\blast\b|\bend\b|结束|终止|"
        r"终呼))(?=.*(?:imsi|imei|lac|tac|cell|\bci\b|cgi|小区|基站|位置|串号|\bmsc\b|地|省|市|country|city|region|"
        "operator|运营|网))",
        "标志|类型",
    ),
    (
        NOTHING,
        r"费用|金额|话费|元\b|费率|套餐|资费|\bamount\b|\bcharge\b|\bcost\b|\btariff\b|\bprice\b|\bfee\b|\brate\b|"
        r"стоимость|тариф|montant|importe|\bplan\b",
        r"号码|\bnumber\b|时长|\bduration\b|时间|\btime\b|\bparty\b|方",
    ),
    (
        "imsi",
        "imsi|国际移动用户",
        "",
    ),
    (
        "imei",
        r"imei|串号|串码|机身号|设备识别码|\bpei\b",
        "",
    ),
    (
        "mcc",
        r"\bmcc\b",
        "",
    ),
    (
        "mnc",
        r"\bmnc\b",
        "",
    ),
    (
        "end",
        r"(?:结束|终止|挂机|释放|拆线|截止).*(?:时间|时刻)|\b(?:end|stop|release|finish|hangup|disconnect)\b.*\b(?:time|"
        r"date\w*|dt\w*|ts|timestamp)\b",
        "",
    ),
    (
        "duration_ms",
        r"(?:时长|历时|durat|\bdur\b).*(?:毫秒|\bms\w*\b|milli)",
        "",
    ),
    (
        "duration",
        r"时长|历时|秒数|durat|\bdur\b|\bbillsec\b|длит|продолж|\bdure|\bdauer|\bsure\b|المدة",
        r"时间$|\btype\b|\bclass\b",
    ),
    (
        "ta",
        r"\bta\b|timing adv|时间提前|定时提前",
        r"\bdata\b",
    ),
    (
        "enb",
        r"\be ?nodeb\b|\benb ?(?:id)?\b|\bgnb\b",
        "cell|小区",
    ),
    (
        "cgi",
        r"cgi\b|全球",
        "",
    ),
    (
        "lai",
        r"\b[lt]ai\b",
        "",
    ),
    (
        "lac",
        r"\blac\b|\btac\b|\blac|位置区|跟踪区|location area|tracking area",
        r"\btype\b",
    ),
    (
        "ci",
        r"\beci\b|\bnci\b|\bci\b|\bcid\b|cell ?id|\bcell\b|小区|基站|蜂窝|扇区|\bcell|сот|cellule|celda",
        r"name|名|\btype\b|地址|经|纬|number called",
    ),
    (
        "service",
        r"业务|服务类|\bservice\b|\bteleservice\b",
        r"号码|时间|时长|\bnumber\b|\btime\b|\bcent|key",
    ),
    (
        "result",
        r"结果|原因|接通|接续|应答标|\bcause\b|\bdisposition\b|\bresult\b|\boutcome\b|\breason\b|\bstatus\b|状态|"
        r"\bcompletion\b",
        r"时间|\btime\b|\bduration\b|时长",
    ),
    (
        "record_type",
        r"类型|类别|方向|主被叫|主叫被叫|呼叫标|收发|\btype\b|\bdirection\b|\bdir\b|\bmo ?mt\b|\bdirec|\bnaprav|тип|"
        r"направл|\binout\b|\bin out\b",
        r"费用|金额|话费|元\b|费率|套餐|资费|\bamount\b|\bcharge\b|\bcost\b|\btariff\b|\bprice\b|\bfee\b|\brate\b|"
        r"стоимость|тариф|montant|importe|\bplan\b|漫游|套餐|用户类|终端|网络|\broam|\bnetwork\b|\brat\b|\bplan\b|"
        r"\bsubscriber\b|\bsim\b|付费|\bpay|\bcustomer\b|对方|号码|\bnumber type\b|时间",
    ),
    (
        "other",
        r"(?:对方|对端|通联|往来|对象|联系).*(?:号|电话|方|人)?|\b(?:other|opp|opposite|peer|counter|correspondent|"
        r"contact)\b.*\b(?:party|number|no|num|msisdn)\b|counterparty|собеседник|второй",
        "时间|类型|归属|次数",
    ),
    (
        "called",
        r"被叫|被呼|接收方|收件|\b(?:called|callee|dial\w*|dest\w*|b)\b.*(?:\b(?:party|number|no|num|msisdn|"
        r"subscriber|digits|isdn)\b|$)|вызываем",
        r"时间|类型|标志|\btime\b|\btype\b|次数|\bdate\b|\bcell",
    ),
    (
        "calling",
        r"主叫|发送方|发起方|发件|\b(?:calling|caller|orig\w*|a)\b.*(?:\b(?:party|number|no|num|msisdn|subscriber|"
        r"digits|isdn)\b|$)|\bcli\b|вызывающ",
        r"时间|类型|标志|\btime\b|\btype\b|次数|\bdate\b|\bcell",
    ),
    (
        "served",
        r"(?:本机|本方|本端|用户|手机|机主|计费|己方|查询|目标|主体|服务|电话|客户|调取).*(?:号|电话)|^号码$|msisdn|\b(?:served|subs\w*|own|"
        r"target|subject|mobile)\b.*(?:\b(?:number|no|num|msisdn)\b|$)|абонент|abonn|abonad",
        r"归属|类型|\btype\b|\bname\b|\bid\b|\bstatus\b|\bcategory\b",
    ),
    (
        "start",
        r"(?:开始|起始|通话|发生|呼叫|发起|截获|话单|事件|业务|通信|通联|始呼|起呼).*(?:时间|时刻)|^时间|\b(?:start|begin|call|event|"
        r"answer|seizure|setup|connect|charging|origin\w*|record)\b.*\b(?:time\w*|date ?time|dt\w*|ts|"
        r"timestamp|stamp)\b|timestamp|date ?time|\bначал|дата.*время|horodat|fecha.*hora|date.*heure",
        r"结束|\bend\b|\bload\b|\bprocess|入库|导出|统计|\binsert|\bexport",
    ),
    (
        "start_date",
        r"日期|\bdate\b|\bday\b|дата|fecha",
        r"结束|\bend\b|\bload\b|入库|导出|出生|账期",
    ),
    (
        "start_time",
        r"时刻|时分秒|\btime\b|время|\bheure\b|\bhora\b",
        r"结束|\bend\b|\bload\b|\btotal\b|\bzone\b|次|入库",
    ),
    (
        NOTHING,
        r"序号|流水|编码$|\bseq\w*\b|\brecord id\b|\bfile\b|\bhash\b|\bid$(?<!cell id)(?<!imsi id)|\bindex\b|"
        r"\bload\b|备注|归属|\btrunk\b|中继|\bswitch\b|交换机|\bmsc\b|\bname\b|姓名|身份证|地址|经度|纬度|\blat\b|\blon\w*\b",
        "",
    ),
)


def parts_of(word: str) -> str:
    """Lower-case parts of a header word, split by space: "ServedIMSI_no" -> "served imsi no"."""
    plain = unicodedata.normalize("NFKC", word.strip().strip("\ufeff\"'"))
    parted = re.sub(r"[\W_]+", " ", _CAMEL.sub(" ", plain.replace("'", ""))).lower()
    return " ".join(re.sub(r"(?<=[a-z])(?=\d)|(?<=\d)(?=[a-z])", " ", parted).split())


def role_of(word: str) -> tuple[str, float, str] | None:
    """(role or NOTHING, weight, why) of a header word; None where it says nothing."""
    if not word.strip():
        return None
    columns = vocabulary().columns
    for key in header_keys(word):
        if key in columns:
            return columns[key], EXACT, f'its header is "{word.strip()}"'
    parts = parts_of(word)
    for role, must, never in _RULES:
        if re.search(must, parts) and not (never and re.search(never, parts)):
            return role, PARTS, f'its header is "{word.strip()}"'
    return None


def is_flag(word: str) -> bool:
    """True where 1 means answered: the header asks a question ("是否接通", "answered")."""
    return any(vocabulary().columns.get(key) == "flag" for key in header_keys(word)) or bool(
        re.search(r"是否|标志$|标识$|\bflag\b|^is ", parts_of(word))
    )
