"""Header and value words for made-up export dialects, gathered apart from the engine's own vocabulary."""


def _by_role(text: str) -> dict[str, list[str]]:
    """Lists of words, from lines of "role: word|word"; a role may have several lines."""
    found: dict[str, list[str]] = {}
    for line in text.strip().splitlines():
        role, _, words = line.partition(": ")
        found.setdefault(role, []).extend(words.split("|"))
    return found


def _rows(text: str) -> list[tuple[str | None, ...]]:
    """A tuple a line; None for a dash alone."""
    return [tuple(None if word == "-" else word for word in line.split("|")) for line in text.strip().splitlines()]


HEADERS = {
    "cn": _by_role("""
type: 呼叫类型|通话类型|话单类型|主被叫|事件类型|呼叫标志|通联类型|CALL_TYPE|记录类别|话单类别|主被叫标识|业务动作
direction: 呼叫方向|主被叫标志|方向|通信方向|主叫/被叫|收发方向
service: 业务类型|业务类别|服务类型|业务种类|通信业务
served: 本机号码|用户号码|手机号码|计费号码|本方号码|己方电话|服务号码|用户手机号码|查询号码|目标号码
served: MSISDN|主体号码|本端号码
calling: 主叫号码|主叫方号码|主叫|主叫用户号码|CALLING_NUM|呼出号码|主叫电话号码
called: 被叫号码|被叫方号码|被叫|被叫用户号码|CALLED_NUM|呼入号码|被叫电话号码
other: 对方号码|对端号码|对方电话|对方用户号码|通话对方号码|对方手机号码|OPP_NUMBER|对方机号|通联号码
imsi: IMSI|IMSI号|国际移动用户识别码|用户IMSI|SIM卡IMSI号|imsi码|IMSI编号
imei: IMEI|串号|终端串号|手机串号|IMEI号|机身串号|手机IMEI|终端设备号|终端IMEI号码
start: 通话时间|开始时间|起始时间|通话开始时间|呼叫时间|发起时间|截获时间|START_TIME|业务发生时间|通话起始时间
start: 开始通话时间|话单开始时间|始呼时间
end: 结束时间|通话结束时间|终止时间|END_TIME|挂机时间
date: 通话日期|日期|开始日期|起始日期|呼叫日期|话单日期
clock: 通话时刻|时间|起始时刻|时分秒|开始时刻|通话时间
dur: 通话时长(秒)|时长|计费时长|通话时长|通话时长（秒）|时长(S)|持续时间|呼叫时长|DURATION|通话秒数|通话历时|时长/秒
dur_ms: 通话时长(毫秒)|时长(ms)|时长毫秒
lac: LAC|位置区|位置区码|位置区号|LAC号|大区号|位置区编号|LAC码|基站LAC|小区LAC|位置区标识|起呼LAC|LAC/TAC
ci: CI|小区|小区号|CELLID|小区编号|小区码|基站编号|CI号|小区标识|CELL_ID|基站号|蜂窝小区|起呼CI|ECI/CI
cgi: CGI|基站|小区CGI|ECGI|基站标识|基站代码|全球小区识别码|小区全球识别
ta: TA|时间提前量|TA值|定时提前量
result: 结果|通话结果|释放原因|呼叫结果|状态|通话状态|接续结果|完成标志
flag: 是否接通|接通标志|接通与否
mcc: MCC|移动国家码
mnc: MNC|移动网号|移动网络码
"""),
    "en": _by_role("""
type: record_type|CALL_TYPE|Event Type|CDR_TYPE|RecordType|Usage Type|EVENT_TYPE_CD|CallCategory|TICKET_TYPE
direction: DIRECTION|Call Direction|In/Out|dir|ORIG_TERM|call_dir
service: SERVICE|Service Type|Traffic Type|service_class|ACTIVITY|Usage
served: MSISDN|Served MSISDN|SUBSCRIBER|SUBSCRIBER_NO|served_number|Own Number|TARGET_NUMBER|Subject Number
served: MobileNo|ServedMSISDN|MSISDN_NSK
calling: A_NUMBER|Calling Number|CALLING_PARTY|caller|A Number|ORIG_NUMBER|A-Party|CallingPartyNumber|A_MSISDN
calling: from_number|CLI
called: B number|CALLED_PARTY|Called Number|callee|DIALLED_NUMBER|B-Party|CalledPartyNumber|to_number
called: DEST_NUMBER|B_NUMBER
other: Other Party|OTHER_NUMBER|PEER_NUMBER|counterparty|OTHER_PARTY_NUMBER|Correspondent|B_PARTY
other: OPPOSITE_NUMBER|contact_number
imsi: IMSI|SERVED_IMSI|imsi_id|Subscriber IMSI|ServedIMSI|IMSI_NO|A_IMSI
imei: IMEI|SERVED_IMEI|Handset IMEI|ServedIMEI|DEVICE_IMEI|TERMINAL_ID|IMEI_NUMBER|EQUIPMENT_ID
start: CALL_START|ANSWER_TIME|Start Time|start_dt|EVENT_TIMESTAMP|CALL_DATE_TIME|Call Start Time|TimeStamp
start: START_DATETIME|CHARGING_START_TIME|SeizureTime|EVENT_START_DTTM|Local Start
end: END_TIME|Release Time|call_end|STOP_TIME|END_DATETIME
date: DATE|Call Date|EVENT_DATE|start_date|CALL_DT
clock: TIME|Call Time|EVENT_TIME|start_time|CALL_TM
dur: DURATION|Duration (s)|call_duration|DURATION_SEC|BILLSEC|Talk Time|CALL_DUR|Duration(sec)
dur: CHARGEABLE_DURATION|EVENT_DURATION|ACTUAL_USAGE
dur_ms: duration_ms|Duration (ms)|DUR_MSEC
lac: LAC|TAC|Location Area|LAC_ID|lac_tac|START_LAC|FIRST_LAC|LOCATION_AREA_CODE|LAC_DEC|TAC/LAC
ci: CELL_ID|FIRST_CELL|CI|ECI|Cell ID|CELLID|START_CELL|cell|CELL_IDENTITY|First Cell ID|CGI_CI|E-UTRAN Cell
cgi: CGI|ECGI|LOCATION|CELL_GLOBAL_ID|first_cgi|Cell Global Identity|ULI|START_CGI|Site
ta: TA|TIMING_ADVANCE|Timing Advance|TA_VALUE
result: CAUSE_FOR_TERM|DISPOSITION|STATUS|Result|CALL_STATUS|RELEASE_CAUSE|Termination Reason|OUTCOME
result: CLEAR_CAUSE
flag: ANSWERED|SUCCESS|CONNECTED|is_answered
mcc: MCC|Mobile Country Code
mnc: MNC|Mobile Network Code
"""),
    "ru": _by_role("""
type: Тип вызова|Тип записи|Тип соединения
direction: Направление|Исх/Вх
service: Услуга|Вид услуги
served: Номер абонента|Абонент|MSISDN
calling: Номер А|Вызывающий номер|Исходящий номер
called: Номер Б|Вызываемый номер|Набранный номер
other: Номер собеседника|Второй номер|Контакт
imsi: IMSI
imei: IMEI
start: Дата и время|Начало|Время начала|Дата начала
end: Окончание|Время окончания
date: Дата
clock: Время
dur: Длительность|Длительность, сек|Продолжительность
dur_ms: Длительность, мс
lac: LAC|Код зоны
ci: CID|Сота|Номер соты|Базовая станция
cgi: CGI|Сота
ta: TA
result: Результат|Статус|Причина завершения
flag: Отвечен
mcc: MCC
mnc: MNC
"""),
    "fr": _by_role("""
type: Type d'appel|Type de communication
direction: Sens|Sens de l'appel
service: Service|Nature
served: Numéro abonné|Abonné|MSISDN
calling: Appelant|Numéro appelant
called: Appelé|Numéro appelé
other: Correspondant|Numéro correspondant
imsi: IMSI
imei: IMEI
start: Date et heure|Début|Date de début
end: Fin|Date de fin
date: Date|Date appel
clock: Heure|Heure d'appel
dur: Durée|Durée (s)|Durée d'appel
dur_ms: Durée (ms)
lac: LAC
ci: CI|Cellule|Identifiant cellule
cgi: CGI|Cellule
ta: TA
result: Résultat|Statut
flag: Répondu
mcc: MCC
mnc: MNC
"""),
    "es": _by_role("""
type: Tipo de llamada|Tipo
direction: Sentido|Dirección
service: Servicio
served: Número abonado|Línea|Abonado
calling: Número origen|Origen|Llamante
called: Número destino|Destino|Llamado
other: Interlocutor|Otro número
imsi: IMSI
imei: IMEI
start: Fecha y hora|Inicio|Hora de inicio
end: Fin|Hora fin
date: Fecha
clock: Hora
dur: Duración|Duración (seg)|Segundos
dur_ms: Duración (ms)
lac: LAC
ci: Celda|CI
cgi: CGI|Celda
ta: TA
result: Resultado|Estado
flag: Contestada
mcc: MCC
mnc: MNC
"""),
    "ar": _by_role("""
type: نوع المكالمة|نوع السجل
direction: الاتجاه
service: الخدمة
served: رقم المشترك
calling: الرقم المتصل|المتصل
called: الرقم المطلوب|المتصل به
other: الرقم الآخر|الطرف الآخر
imsi: IMSI
imei: IMEI
start: وقت البدء|وقت المكالمة|التاريخ والوقت
end: وقت الانتهاء
date: التاريخ
clock: الوقت
dur: المدة|مدة المكالمة
dur_ms: المدة (ms)
lac: LAC
ci: CI|الخلية
cgi: CGI
ta: TA
result: النتيجة|الحالة
flag: تم الرد
mcc: MCC
mnc: MNC
"""),
}

# (moc, mtc, smo, smt, data, lu); None where such an export has no such records
TYPES = {
    "cn": _rows("""
主叫|被叫|短信发送|短信接收|上网|位置更新
语音主叫|语音被叫|短信主叫|短信被叫|数据流量|周期性位置更新
呼出|呼入|发短信|收短信|流量|开机
主叫话单|被叫话单|短信起呼|短信终呼|-|位置登记
MOC|MTC|SMMO|SMMT|GPRS|LU
移动主叫|移动被叫|短消息起|短消息落|分组域|正常位置更新
去话|来话|点对点短信发送|点对点短信接收|-|-
1|2|-|-|-|-
01|02|-|-|-|-
"""),
    "en": _rows("""
MOC|MTC|SMS-MO|SMS-MT|GPRS|LU
MO|MT|SMSMO|SMSMT|DATA|LOC_UPDATE
Outgoing Call|Incoming Call|SMS Sent|SMS Received|Data Session|Location Update
mobile originated call|mobile terminated call|mobile originated sms|mobile terminated sms|-|-
MOCallRecord|MTCallRecord|MOSMSRecord|MTSMSRecord|-|-
VOICE_OUT|VOICE_IN|SMS_OUT|SMS_IN|PACKET_DATA|ATTACH
0|1|6|7|-|-
OG|IC|OG_SMS|IC_SMS|-|-
O|T|-|-|-|-
"""),
    "ru": _rows("""
исходящий|входящий|исходящее SMS|входящее SMS|интернет|-
Исх. вызов|Вх. вызов|Исх. СМС|Вх. СМС|GPRS|-
"""),
    "fr": _rows("""
appel sortant|appel entrant|SMS sortant|SMS entrant|données|-
Émis|Reçu|SMS émis|SMS reçu|-|-
"""),
    "es": _rows("""
llamada saliente|llamada entrante|SMS saliente|SMS entrante|datos|-
Saliente|Entrante|SMS enviado|SMS recibido|-|-
"""),
    "ar": _rows("""
مكالمة صادرة|مكالمة واردة|رسالة صادرة|رسالة واردة|بيانات|-
MOC|MTC|SMS-MO|SMS-MT|GPRS|-
"""),
}

# (outward, inward)
DIRECTIONS = {
    "cn": _rows("""
主叫|被叫
呼出|呼入
发|收
1|2
去|来
"""),
    "en": _rows("""
OUT|IN
Outgoing|Incoming
O|I
MO|MT
originating|terminating
orig|term
OUTBOUND|INBOUND
"""),
    "ru": _rows("""
исходящий|входящий
Исх|Вх
"""),
    "fr": _rows("""
sortant|entrant
S|E
"""),
    "es": _rows("""
saliente|entrante
"""),
    "ar": _rows("""
صادر|وارد
"""),
}

# (voice, message, data, location update)
SERVICES = {
    "cn": _rows("""
语音|短信|数据|位置更新
语音通话|短消息|上网|LU
话音|点对点短信|GPRS|-
通话|短信|-|-
"""),
    "en": _rows("""
CALL|SMS|DATA|LU
Voice|SMS|Data|-
Speech|Short Message|Packet|-
TELEPHONY|SMS|GPRS|-
T11|T21|-|-
"""),
    "ru": _rows("""
голос|SMS|интернет|-
"""),
    "fr": _rows("""
Voix|SMS|Data|-
"""),
    "es": _rows("""
Voz|SMS|Datos|-
"""),
    "ar": _rows("""
صوت|رسالة|بيانات|-
"""),
}

# answered words / failed words
_RESULTS = {
    "cn": """
成功 / 失败
接通 / 未接通
正常 / 用户忙|无应答|关机
0 / 1
正常释放 / 用户忙|久叫不应|主叫放弃
16 / 17|19|34
已接听 / 未接听
通话结束 / 被叫无应答|被叫关机|不在服务区
""",
    "en": """
ANSWERED / NO ANSWER|BUSY
0 / 1|4
16 / 17|18|19|31
normalRelease / unsuccessfulCallAttempt|partialRecord
SUCCESS / FAILURE
Completed / Missed|Rejected
NORMAL_CALL_CLEARING / USER_BUSY|NO_ANSWER|CALL_REJECTED
200 / 486|480|404
CONNECTED / NOT_CONNECTED
""",
    "ru": """
успешно / занято|нет ответа
отвечен / неотвечен
""",
    "fr": """
abouti / non abouti|occupé
répondu / sans réponse
""",
    "es": """
contestada / no contestada|ocupado
completada / fallida
""",
    "ar": """
ناجحة / فاشلة|مشغول
0 / 1
""",
}
RESULTS = {
    land: [tuple(side.split("|") for side in line.split(" / ")) for line in text.strip().splitlines()]
    for land, text in _RESULTS.items()
}
FLAGS = [("1", "0"), ("Y", "N"), ("是", "否"), ("true", "false"), ("T", "F"), ("YES", "NO")]
UNKNOWN_HEADERS = ["F{}", "col_{}", "字段{}", "XQ{}", "列{}", "attr{}", "V{}", "P_{}"]
JUNK = {
    "cn": [
        "序号",
        "费用(元)",
        "套餐",
        "归属地",
        "交换机",
        "中继",
        "备注",
        "漫游类型",
        "对方归属地",
        "话单流水号",
        "计费标识",
        "运营商",
        "入中继",
        "基本费",
        "长途费",
        "校验码",
    ],
    "en": [
        "SEQ_NO",
        "AMOUNT",
        "TARIFF",
        "MSC",
        "TRUNK_IN",
        "TRUNK_OUT",
        "ROAMING",
        "FILE_ID",
        "RECORD_ID",
        "CHARGE",
        "PLAN",
        "HASH",
        "SITE_NAME",
        "SWITCH_ID",
        "LOAD_DATE",
        "RATE_ID",
    ],
    "ru": [
        "№",
        "Стоимость",
        "Тариф",
    ],
    "fr": [
        "N°",
        "Montant",
        "Forfait",
    ],
    "es": [
        "N.º",
        "Importe",
        "Tarifa",
    ],
    "ar": [
        "رقم",
        "المبلغ",
        "الباقة",
    ],
}
FOOTERS = {
    "cn": [
        "合计,{n},条",
        "总计：{n}条记录",
        "-- 文件结束 --",
        "本页共{n}条",
        "导出时间：2026-03-05 10:11:12",
        "合计",
    ],
    "en": [
        "Total: {n}",
        "-- end of file --",
        "EOF",
        "# {n} records",
        "{n} rows selected.",
        "TRAILER|{n}|OK",
    ],
    "ru": [
        "Итого: {n}",
    ],
    "fr": [
        "Total : {n} lignes",
    ],
    "es": [
        "Total: {n} registros",
    ],
    "ar": [
        "المجموع {n}",
    ],
}
TITLES = {
    "cn": [
        "某市公安局调取话单",
        "中国移动话单查询结果  机密",
        "查询时间段：2026-03-02 至 2026-03-05",
    ],
    "en": [
        "CDR REPORT - CONFIDENTIAL",
        "# generated 2026-03-05 10:11:12",
        "Report for warrant 2026/117",
    ],
}
