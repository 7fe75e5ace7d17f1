"""Boxes of a made-up city: gateways, relays, cars, pairs, blasters and registration pools."""

import numpy as np

from detection.town.canvas import DAY_S, FIRST_DAY_S, Canvas, Ints
from detection.town.trades import evenly


def _turns(
    town: Canvas, sims: list[int], ports: int, dwell_s: float, start: float, end: float, burnt_after: int = 0
) -> list[tuple[int, int, float, float]]:
    """(SIM, port, from, to): SIMs take turns on ports; after so many turns a SIM is thrown away (0: never)."""
    turns, queue = [], list(sims)
    had: dict[int, int] = {}
    free = [start + town.rng.uniform(0, dwell_s) for _ in range(ports)]
    while queue:
        port = int(np.argmin(free))
        begin = free[port]
        if begin >= end:
            break
        sim = queue.pop(0)
        stop = min(end, begin + dwell_s * town.rng.uniform(0.9, 1.1))
        turns.append((sim, port, begin, stop))
        free[port] = stop + town.rng.uniform(30, 240)
        had[sim] = had.get(sim, 0) + 1
        if not burnt_after:
            queue.append(sim)
        elif had[sim] < burnt_after:
            queue.insert(ports, sim)
    return turns


def _bank(
    town: Canvas,
    name: str,
    form: str,
    *,
    sims: int,
    ports: int,
    dwell_s: float,
    rate_h: float,
    hours: tuple[float, float],
    talk_s: float,
    answer: float,
    start: float,
    end: float,
    shared: bool,
    back: float = 0.0,
    message: float = 0.0,
    gateways: int = 1,
    lived: float = 0.0,
) -> list[int]:
    """A bank's SIMs and their acts; ports stand at `gateways` places, and a part of the SIMs `lived` before."""
    rng, here = town.rng, town.place()
    places = [here, *(town.place() for _ in range(gateways - 1))]
    rate_h *= 1 / 3 if town.evasive else 1
    shared = shared and not town.evasive
    tac = str(rng.choice(town.tac))
    port_imei = [town.imei(tac) for _ in range(ports)]
    held = [town.sim(form, here, here, 2.0) for _ in range(sims)]
    burnt_after = int(rng.integers(1, 5)) if rng.random() < 0.3 and not town.plain else 0
    again_share = (
        0.0
        if town.plain
        else float(rng.choice([0.0, rng.uniform(0, 0.15), rng.uniform(0, 0.4) if town.evasive else 0.05]))
    )
    known = town.strangers(int(rng.integers(20, 400)))
    back = max(back, float(rng.uniform(0, 0.12)) if town.evasive and not town.plain else back)
    own_pace = rng.lognormal(0, rng.uniform(0, 0.5), sims)
    pace = dict(zip(held, own_pace.tolist(), strict=True))
    for sim, port, begin, stop in _turns(town, held, ports, dwell_s, start, end, burnt_after):
        own = port_imei[port] if shared else town.imei_of[sim]
        town.imeis.setdefault(sim, []).append((begin, own))
        if gateways > 1:
            town.tracks.setdefault(sim, []).append((begin, *places[port * gateways // ports]))
        n = rng.poisson(rate_h * pace[sim] * (stop - begin) / 3600)
        when = rng.uniform(begin, stop, n)
        hour = when % DAY_S / 3600
        when = when[(hour >= hours[0]) & (hour < hours[1])]
        n = len(when)
        whom = town.strangers(n)
        again = rng.random(n) < again_share
        whom[again] = rng.choice(known, int(again.sum()))
        town.acts.add(
            np.full(n, sim),
            whom,
            when,
            town.talk(n, talk_s),
            answered=rng.random(n) < answer,
            message=rng.random(n) < message,
        )
        k = rng.binomial(n, back) if n else 0
        if k:
            town.acts.add(
                np.full(k, sim),
                rng.choice(whom, k),
                rng.choice(when, k) + rng.exponential(1_500, k),
                town.talk(k, 20),
                inward=True,
                answered=rng.random(k) < 0.3,
            )
    _traces(town, held, start, end)
    if lived:
        _former_lives(town, [sim for sim in held if rng.random() < lived], start)
    town.boxes.append((name, form, here, held))
    return held


def _former_lives(town: Canvas, sims: list[int], until: float) -> None:
    """What SIMs did before the bank got them: a person's calls, from other places and another phone."""
    rng = town.rng
    for sim in sims:
        home, n = town.place(), rng.poisson(rng.uniform(3, 12) * (until - FIRST_DAY_S) / DAY_S)
        town.tracks[sim] = [(FIRST_DAY_S, *home), *town.tracks.get(sim, [(until, *town.home[sim])])]
        town.imeis[sim] = [(FIRST_DAY_S, town.imei()), *town.imeis.get(sim, [])]
        town.acts.add(
            np.full(n, sim),
            rng.choice(rng.integers(0, town.ordinary, 8), n),
            rng.uniform(FIRST_DAY_S, max(until, FIRST_DAY_S + 1), n),
            town.talk(n, 80),
            inward=rng.random(n) < 0.5,
            answered=rng.random(n) < 0.75,
        )


def _box_naive(town: Canvas, name: str) -> None:
    rng = town.rng
    start, end = town.whole()
    ports = int(rng.choice([2, 4, 8, 16, 32, 64], p=[0.1, 0.2, 0.25, 0.25, 0.15, 0.05]))
    each = rng.uniform(1, 3.5)
    sims = ports if each < 2 else int(ports * each)  # small gateways have a SIM a port, which never rests
    hours = (0.0, 24.0) if rng.random() < 0.6 else (float(rng.uniform(0, 10)), float(rng.uniform(18, 24)))
    _bank(
        town,
        name,
        "naive",
        sims=sims,
        ports=ports,
        dwell_s=rng.uniform(1_800, 20_000),
        rate_h=evenly(town, (3, 20)),
        hours=hours,
        talk_s=evenly(town, (40, 360)),
        answer=rng.uniform(0.35, 0.85),
        start=start,
        end=end,
        shared=rng.random() < 0.8,
        back=rng.uniform(0, 0.03),
    )


def _box_human(town: Canvas, name: str) -> None:
    rng = town.rng
    start, end = town.whole()
    if town.days > 2 and rng.random() < 0.5:
        start += rng.uniform(0.3, 0.5) * (end - start)
    ports = int(rng.choice([8, 16, 32]))
    held = _bank(
        town,
        name,
        "human",
        sims=int(ports * rng.uniform(1, 2.5)),
        ports=ports,
        dwell_s=rng.uniform(5_000, 40_000),
        rate_h=evenly(town, (1.5, 7)),
        hours=(rng.uniform(6.5, 8.5), rng.uniform(22, 24)),
        talk_s=rng.uniform(70, 200),
        answer=rng.uniform(0.5, 0.75),
        start=start,
        end=end,
        shared=rng.random() < 0.6,
        back=rng.uniform(0.02, 0.08),
        message=rng.uniform(0, 0.1),
        gateways=1 if town.plain else int(rng.choice([1, 2, 3, 4])),
        lived=0.0 if town.plain else float(rng.choice([0.0, 0.5])),
    )
    for sim in held:
        n = rng.poisson(rng.uniform(1.5, 5) * town.days)
        whom = rng.choice([other for other in held if other != sim], n)
        town.acts.add(
            np.full(n, sim),
            whom,
            np.maximum(town.hours(n, 8, 22.5), start + rng.uniform(0, 7_200, n)),
            town.talk(n, 60),
            answered=np.ones(n, bool),
            message=rng.random(n) < 0.25,
        )


def _box_scam(town: Canvas, name: str) -> None:
    rng = town.rng
    day = int(rng.integers(0, town.days))
    start = FIRST_DAY_S + day * DAY_S + rng.uniform(7.5, 11) * 3600
    end = min(town.whole()[1], start + rng.uniform(0.4, 2.5) * DAY_S)
    ports = int(rng.choice([2, 4, 8]))
    _bank(
        town,
        name,
        "scam",
        sims=int(ports * rng.uniform(1, 3)),
        ports=ports,
        dwell_s=rng.uniform(1_200, 9_000),
        rate_h=evenly(town, (6, 35)),
        hours=(float(rng.uniform(7, 10)), float(rng.uniform(17, 22))),
        talk_s=evenly(town, (15, 300)),
        answer=rng.uniform(0.3, 0.6),
        start=start,
        end=end,
        shared=rng.random() < 0.6,
        back=rng.uniform(0.01, 0.08),
    )


def _box_car(town: Canvas, name: str) -> None:
    rng = town.rng
    day = int(rng.integers(0, town.days))
    start = FIRST_DAY_S + day * DAY_S + rng.uniform(8, 11) * 3600
    end = min(town.whole()[1], start + rng.uniform(6, 30) * 3600)
    ports = int(rng.choice([4, 8, 16]))
    held = _bank(
        town,
        name,
        "car",
        sims=int(ports * rng.uniform(1, 2)),
        ports=ports,
        dwell_s=rng.uniform(2_000, 12_000),
        rate_h=evenly(town, (5, 25)),
        hours=(float(rng.uniform(6, 10)), float(rng.uniform(18, 24))),
        talk_s=evenly(town, (20, 250)),
        answer=rng.uniform(0.3, 0.6),
        start=start,
        end=end,
        shared=rng.random() < 0.5,
    )
    x, y = town.place()
    route, at, heading = [], start - 600, rng.uniform(0, 2 * np.pi)
    while at < end + 7200:
        route.append((at, x, y))
        heading += rng.normal(0, 0.5)
        step = rng.uniform(150, 500)
        half = town.side_m / 2
        x, y = (
            float(np.clip(x + step * np.cos(heading), -half, half)),
            float(np.clip(y + step * np.sin(heading), -half, half)),
        )
        if abs(x) >= half or abs(y) >= half:
            heading += np.pi / 2
        at += rng.uniform(60, 240)
    for sim in held:
        town.tracks[sim] = route
    town.boxes[-1] = (name, "car", (route[-1][1], route[-1][2]), held)


def _box_pair(town: Canvas, name: str) -> None:
    rng = town.rng
    start = FIRST_DAY_S + int(rng.integers(0, town.days)) * DAY_S + rng.uniform(8, 12) * 3600
    end = min(town.whole()[1], start + rng.uniform(8, 50) * 3600)
    held = _bank(
        town,
        name,
        "pair",
        sims=int(rng.integers(1, 5)),
        ports=int(rng.integers(1, 3)),
        dwell_s=rng.uniform(4_000, 14_000),
        rate_h=evenly(town, (4, 25)),
        hours=(float(rng.uniform(6, 10)), float(rng.uniform(18, 24))),
        talk_s=evenly(town, (30, 360)),
        answer=rng.uniform(0.35, 0.65),
        start=start,
        end=end,
        shared=rng.random() < 0.8,
    )
    stops, at = [], start - 60
    while at < end + 7200:
        stops.append((at, *town.place()))
        at += rng.uniform(2, 6) * 3600
    for sim in held:
        town.tracks[sim] = stops
    town.boxes[-1] = (name, "pair", (stops[-1][1], stops[-1][2]), held)


def _box_sms(town: Canvas, name: str) -> None:
    rng, here = town.rng, town.place()
    start = FIRST_DAY_S + int(rng.integers(0, town.days)) * DAY_S + rng.uniform(7, 14) * 3600
    end = min(town.whole()[1], start + rng.uniform(3, 40) * 3600)
    body = [town.imei() for _ in range(int(rng.integers(1, 5)))]
    held = [town.sim("sms", here, here, 2.0) for _ in range(int(len(body) * rng.uniform(1, 4)))]
    rate = evenly(town, (40, 600)) / (3 if town.evasive else 1)
    for sim, port, begin, stop in _turns(town, held, len(body), rng.uniform(1_500, 9_000), start, end):
        if not town.evasive:
            town.imeis.setdefault(sim, []).append((begin, body[port]))
        n = rng.poisson(rate * (stop - begin) / 3600)
        town.acts.add(
            np.full(n, sim),
            town.strangers(n),
            rng.uniform(begin, stop, n),
            0,
            message=True,
            answered=rng.random(n) < 0.95,
        )
    _traces(town, held, start, end)
    town.boxes.append((name, "sms", here, held))


def _box_otp(town: Canvas, name: str) -> None:
    rng, here = town.rng, town.place()
    start, end = town.whole()
    if rng.random() < 0.4:
        start += rng.uniform(0, 0.6) * (end - start)
    ports = int(rng.choice([2, 4, 8, 16, 32, 64]))
    tac = str(rng.choice(town.tac))
    body = [town.imei(tac if rng.random() < 0.7 else None) for _ in range(ports)]
    held = [town.sim("otp", here, here, 2.0) for _ in range(max(2, int(ports * rng.uniform(1, 6))))]
    senders = _senders(town)
    shared = not town.evasive and rng.random() < 0.6
    rate = evenly(town, (2, 30)) / (3 if town.evasive else 1)
    burnt_after = int(rng.integers(1, 4)) if rng.random() < 0.4 else 0
    hours = (0.0, 24.0) if rng.random() < 0.5 else (rng.uniform(6, 10), rng.uniform(18, 24))
    for sim, port, begin, stop in _turns(town, held, ports, rng.uniform(1_200, 30_000), start, end, burnt_after):
        if shared:
            town.imeis.setdefault(sim, []).append((begin, body[port]))
        when = rng.uniform(begin, stop, rng.poisson(rate * (stop - begin) / 3600))
        when = when[(when % DAY_S / 3600 >= hours[0]) & (when % DAY_S / 3600 < hours[1])]
        n = len(when)
        town.acts.add(np.full(n, sim), rng.choice(senders, n), when, 0, message=True, inward=True)
    _traces(town, held, start, end)
    town.boxes.append((name, "otp", here, held))


def _senders(town: Canvas) -> Ints:
    """Numbers that send codes: services, short numbers, names, and now and then a plain mobile."""
    rng = town.rng
    kinds = rng.dirichlet([4, 1.5, 1, 0.7])
    texts = [
        (
            f"106{rng.integers(0, 10**8):08d}",
            f"{rng.choice(['95', '10', '12', '96'])}{rng.integers(0, 10**3):03d}",
            f"APP{rng.integers(0, 300)}",
            f"1{rng.integers(3, 10)}{rng.integers(0, 10**9):09d}",
        )[int(rng.choice(4, p=kinds))]
        for _ in range(int(rng.integers(20, 200)))
    ]
    return np.array([town.number(text) for text in texts])


def _traces(town: Canvas, sims: list[int], start: float, end: float) -> None:
    """What a box's SIMs do besides: calls to activate them, balances asked, notices and strangers' calls received."""
    if town.plain:
        return
    rng = town.rng
    activates, asks, noticed, called = (
        float(top * rng.random() * (rng.random() < chance))
        for top, chance in ((2.0, 0.6), (1.5, 0.4), (3.0, 0.7), (2.0, 0.5))
    )
    days = max(0.2, (end - start) / DAY_S)
    first: dict[int, float] = {}
    for who, when in zip(town.acts.who, town.acts.when, strict=True):
        if len(who) and int(who[0]) in sims:
            first[int(who[0])] = min(float(when.min()), first.get(int(who[0]), end))
    carrier = np.array([town.number(text) for text in ("10086", "10010", "13800138000")])
    mates = np.array([town.number(f"1{rng.integers(3, 10)}{rng.integers(0, 10**9):09d}") for _ in range(3)])
    for sim in sims:
        begin = first.get(sim, start)
        for rate, whom, message, inward, inside in (
            (activates, mates, rng.random() < 0.4, False, 600.0),
            (asks * days, carrier, rng.random() < 0.6, False, 0.0),
            (noticed * days, town.service_senders(), True, True, 0.0),
            (called * days, town.strangers(20), False, True, 0.0),
        ):
            n = rng.poisson(rate)
            when = begin + rng.uniform(0, inside or max(60.0, end - begin), n)
            lasts = 0 if message else town.talk(n, 15)
            town.acts.add(
                np.full(n, sim), rng.choice(whom, n), when, lasts, message=message, inward=inward,
                answered=(rng.random(n) < 0.4) if inward and not message else np.ones(n, bool),
            )  # fmt: skip


BOXES = {
    "naive": _box_naive,
    "human": _box_human,
    "scam": _box_scam,
    "car": _box_car,
    "pair": _box_pair,
    "sms": _box_sms,
    "otp": _box_otp,
}
