"""Links of the parts into which a group is cut."""

from detection.cdr.boxes import Link, links_within


def test_who_hung_on_one_outside_is_linked_to_the_others_that_did() -> None:
    links = [Link(1, 2, "spot", 10), Link(1, 4, "spot", 30), Link(1, 5, "spot", 20), Link(1, 5, "calls", 5)]
    assert links_within(links, {2, 4, 5}) == [Link(2, 4, "spot", 30), Link(2, 5, "spot", 20)]


def test_links_inside_stay_and_one_alone_has_none() -> None:
    inside = Link(2, 4, "device", 10)
    assert links_within([inside, Link(1, 5, "spot", 20)], {2, 4, 5}) == [inside]
