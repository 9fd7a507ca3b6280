"""timeline.py - the timeline of a report from three columns: when, which of the sites, and what it held then."""


def timeline(sites, at_ns, site, live_bytes, coarse_until_ns=0):
    levels, devices, sums, places = [0] * len(sites), {}, [], []
    for which, live in zip(site, live_bytes):
        place = None if sites[which]['kind'] == 'pinned' else sites[which]['device']
        devices[place] = devices.get(place, 0) + live - levels[which]
        levels[which] = live
        places.append(place)
        sums.append(min(devices[place], 2**64 - 1))
    return {'coarse_until_ns': coarse_until_ns, 'missed': 0, 'at_ns': at_ns, 'site': site, 'device': places,
            'live_bytes': live_bytes, 'device_bytes': sums, 'most_bytes': sums, 'stands_for': [1] * len(site)}
