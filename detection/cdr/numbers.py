"""Telephone numbers, IMSIs and IMEIs as exports write them, in one form.

A Chinese mobile number is 11 digits whatever stood before it: 86, +86, 0086, an IP prefix such as 12593, a 0.
A landline keeps its 0; any other number keeps its digits, without + or 00. What is no number stays as it is.
"""

import ibis
import ibis.expr.types as ir

IP_PREFIXES = "12593|17951|17911|17909|17901|10193|17969|17910|11808|12583[123]?|96688|17950|125831"
_MOBILE = rf"^(?:\+|00)?(?:{IP_PREFIXES})?(?:\+|00)?(?:86)?(?:{IP_PREFIXES})?0?(1[3-9]\d{{9}})$"
_LANDLINE = rf"^(?:\+|00)?(?:{IP_PREFIXES})?(?:\+|00)?(?:86)?(?:{IP_PREFIXES})?0?((?:10|2\d|[3-9]\d{{2}})\d{{7,8}})$"
_THINGS = r"^(?:\+|00)?(?:86)?(1\d{12})$"

CLASSES = ("mobile", "landline", "service", "short", "things", "foreign", "name", "none")


def strip_marks(text: ir.StringValue) -> ir.StringValue:
    """Without the spaces, quotes and ="" that spreadsheets leave, nor a trailing .0."""
    plain = text.re_search(r"^\+?\d+$")
    mended = text.re_replace(r"[\s'\"=()\-]", "").re_replace(r"^(\d+)\.0+$", r"\1")
    return ibis.ifelse(plain, text, mended)


def normal_number(text: ir.StringValue) -> ir.StringValue:
    """A party's number in its one form; null where it is empty."""
    bare = strip_marks(text)
    plain = bare.re_search(r"^1[3-9]\d{9}$")
    mobile = bare.re_extract(_MOBILE, 1)
    things = bare.re_extract(_THINGS, 1)
    landline = bare.re_extract(_LANDLINE, 1)
    mended = ibis.cases(
        (mobile != "", mobile),
        (things != "", things),
        ((landline != "") & bare.re_search(r"^(?:\+|0|86)"), ibis.literal("0") + landline),
        else_=bare.re_replace(r"^(?:\+|00)", ""),
    )
    return ibis.ifelse(plain, bare, mended).nullif("")


def number_class(number: ir.StringValue, home_is_china: bool = True) -> ir.StringValue:
    """One of CLASSES for a number in its one form."""
    mobile = r"^1[3-9]\d{9}$" if home_is_china else r"^[1-9]\d{6,14}$"
    return ibis.cases(
        (number.isnull(), "none"),
        (number.re_search(mobile), "mobile"),
        (number.re_search(r"^1\d{12}$"), "things"),
        (number.re_search(r"^(106|12520|95|96|12|11|10|400|800)\d*$"), "service"),
        (number.re_search(r"^\d{1,6}$"), "short"),
        (number.re_search(r"^0\d+$"), "landline"),
        (number.re_search(r"^\d+$"), "foreign"),
        else_="name",
    )


def is_scientific(text: ir.StringValue) -> ir.BooleanValue:
    """True for 4.60E+14: a spreadsheet has thrown digits away, and nobody can say which."""
    return text.re_search(r"^\s*'?\d(?:[.,]\d+)?[eE]\+?\d+\s*$")


def normal_imei(text: ir.StringValue) -> ir.StringValue:
    """The 14 digits of TAC and serial number, without check digit or software version; null where empty or dummy."""
    bare = strip_marks(text).substr(0, 14)
    return ibis.ifelse(
        bare.re_search(r"^(0{8}\d*|1{14}|9{14}|12345678\d*|\d{6}0{8})$"), ibis.null("string"), bare
    ).nullif("")
