"""The definitions of both formats, taken from pycrate's compiled modules TAP-0312 and CSChargingDataTypes.

No tag of theirs is written here but those of older releases of TAP that 3.12 no longer has. The identifiers are those
of the ASN.1 modules.
"""

from functools import cache
from importlib.util import find_spec
from typing import Any

from detection.cdr.asn1.ber import Fields, tag_number
from detection.errors import ExportError

# APPLICATION tags of TAP 3.1 to 3.10: AddressStringDigits, EquipmentInformation
OLD_ADDRESS, OLD_EQUIPMENT = 33, 102

MISSING = "to read it: pip install 'catpool[asn1]'"


def are_installed() -> bool:
    """Whether the extra `asn1` is."""
    return find_spec("pycrate_asn1dir") is not None


def _modules() -> Any:
    """pycrate's modules. Raises ExportError where the extra isn't installed."""
    try:
        from pycrate_asn1dir import TAP3
    except ImportError as error:
        raise ExportError(f"TAP3 and TS 32.298 files need ASN.1 definitions; {MISSING}") from error
    return TAP3


@cache
def tap_tag(name: str) -> int:
    """Tag of a type of TAP-0312."""
    return _tag(getattr(_modules().TAP_0312, name))


def _tag(definition: Any) -> int:
    number, tag_class, _ = definition._tag
    held = ("SEQUENCE", "SET", "CHOICE", "SEQUENCE OF", "SET OF")
    return tag_number(number, tag_class, definition.TYPE in held)


@cache
def tap_event_fields() -> Fields:
    """What is wanted of a CallEventDetail of any kind."""
    digits = tag_number(OLD_ADDRESS, "APPLICATION", False)
    time = tap_table(LocalTimeStamp="time", UtcTimeOffsetCode="offset_code")
    fields: Fields = tap_table(
        Imsi="imsi",
        Msisdn="msisdn",
        Imei="imei",
        TotalCallEventDuration="duration",
        CauseForTerm="cause",
        CallReference="reference",
        EventReference="reference",
        LocationArea="lac",
        CellId="ci",
        TeleServiceCode="teleservice",
        SupplServiceCode="supplementary",
        MobileSessionService="ims_service",
        MessagingEventService="ims_service",
        CallEventStartTimeStamp=time,
        ServiceStartTimestamp=time,
        PublicUserId="user",
        Destination={
            **tap_table(CalledNumber="called", DialledDigits="dialled", SMSDestinationNumber="sms_party"),
            digits: "called",
        },
        CallOriginator={**tap_table(CallingNumber="calling", SMSOriginator="sms_party"), digits: "calling"},
        NonChargedParty=tap_table(NonChargedPartyNumber="party", NonChargedPublicUserId="party_user"),
        SupplServiceUsed=tap_table(SupplServiceCode="supplementary", ChargingTimeStamp=time),
        RequestedDestination=tap_table(RequestedNumber="requested", RequestedPublicUserId="requested_user"),
    )
    fields.update(dict.fromkeys((tap_tag(name) for name in TAP_NODES), fields))
    fields[tag_number(OLD_EQUIPMENT, "APPLICATION", True)] = fields
    return fields


TAP_NODES = (  # elements that are opened for what they hold
    "MoBasicCallInformation",
    "MtBasicCallInformation",
    "GprsBasicCallInformation",
    "GprsChargeableSubscriber",
    "ChargeableSubscriber",
    "SimChargeableSubscriber",
    "ChargedParty",
    "LocationInformation",
    "NetworkLocation",
    "GprsLocationInformation",
    "GprsNetworkLocation",
    "ImeiOrEsn",
    "BasicServiceUsedList",
    "BasicServiceUsed",
    "BasicService",
    "BasicServiceCode",
)


def tap_table(**names: "str | Fields") -> Fields:
    """Field table of types of TAP-0312."""
    return {tap_tag(name): wanted for name, wanted in names.items()}


@cache
def tap_events() -> dict[int, str]:
    """Tag of each kind of CallEventDetail -> its identifier."""
    choice = _modules().TAP_0312.CallEventDetail._cont
    return {tag_number(event._tagc[0][1], "APPLICATION", True): name for name, event in choice.items()}


CS_FIELDS = {
    "servedIMSI": "imsi",
    "servedIMEI": "imei",
    "servedMSISDN": "msisdn",
    "callingNumber": "calling",
    "calledNumber": "called",
    "destinationNumber": "sms_party",
    "seizureTime": "seizure",
    "answerTime": "answer",
    "originationTime": "event",
    "deliveryTime": "event",
    "eventTime": "event",
    "updateTime": "event",
    "interrogationTime": "event",
    "ssActionTime": "event",
    "lcsTime": "event",
    "callDuration": "duration",
    "causeForTerm": "cause",
    "callReference": "reference",
    "sequenceNumber": "sequence",
    "smsResult": "failure",
    "updateResult": "failure",
    "supplServicesUsed": "services",
    "location": "location",
    "newLocation": "location",
}


@cache
def cs_records() -> dict[int, tuple[str, Fields]]:
    """Value of recordType -> (identifier, what is wanted of it) of each record of CSRecord."""
    _modules()
    from pycrate_asn1dir import CDR

    module = CDR.CSChargingDataTypes
    numbers = {name.lower(): number for name, number in CDR.GenericChargingDataTypes.RecordType._cont.items()}
    records: dict[int, tuple[str, Fields]] = {}
    for name, record in module.CSRecord._cont.items():
        number = numbers.get(_RENAMED.get(name, name).lower())
        if number is not None and record.TYPE == "SET":
            records[number] = (name, _record_fields(record))
    return records


_RENAMED = {"transitRecord": "transitCallRecord"}  # so called among the record types


@cache
def cs_choice_tags() -> dict[int, int]:
    """Tag of each alternative of CSRecord -> the value of recordType that belongs in it."""
    from pycrate_asn1dir import CDR

    choice = CDR.CSChargingDataTypes.CSRecord._cont
    return {_tag(choice[name]): number for number, (name, _) in cs_records().items()}


def _record_fields(record: Any) -> Fields:
    fields: Fields = {tag_number(0, "CONTEXT-SPECIFIC", False): "type"}
    for name, part in record._cont.items():
        wanted = CS_FIELDS.get(name)
        if wanted == "location":
            fields[_tag(part)] = _location_fields(part)
        elif wanted is not None:
            fields[_tag(part)] = wanted
    return fields


def _location_fields(part: Any) -> Fields:
    names = {
        "locationAreaCode": "lac",
        "location-area": "lac",
        "cellId": "ci",
        "cell-identification": "ci",
        "mCC-MNC": "plmn",
    }
    return {_tag(inner): names[name] for name, inner in part._cont.items() if name in names}
