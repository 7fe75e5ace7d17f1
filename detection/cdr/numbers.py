"""What sort of party a number is, from its one form (countries.one_form)."""

import ibis
import ibis.expr.types as ir

CLASSES = ("mobile", "landline", "service", "short", "things", "foreign", "name", "none")


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
