"""Prints what the check found, the table last."""

MIB = 1 << 20


def mib(value):
    return "" if value is None else f"{value / MIB:.1f}"


def columns(row):
    if "change" not in row:
        return [row["row"], row["status"], *[""] * 9]
    before, after = row["untracked"]
    return [row["row"], row["status"], mib(row["change"]["tracked"]), mib(row["change"]["nvml"]),
            mib(row["change"]["difference"]), mib(before), mib(after), row.get("cap", ""), row.get("recovery", ""),
            row.get("leak", ""), row.get("frames", "")]


def lines(header, rows):
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, *rows]:
        yield "  ".join(text.ljust(width) if i < 2 else text.rjust(width)
                        for i, (text, width) in enumerate(zip(row, widths))).rstrip()


def growth(row):
    """What untracked grew by on the way, beyond NVML's own step."""
    parts = [f"{mib(step['bytes'])} to '{step['to']}'" for step in row.get("growth", [])
             if abs(step["bytes"]) >= 2 * MIB]
    return f"untracked, MiB: {', '.join(parts)}" if parts else None


def section(title, texts):
    if texts:
        print(f"\n{title}")
    for text in texts:
        print(f"  {text}")


def show(found):
    section("facts of the driver", found["facts"])
    section("notes", [f"{row['row']}: {text}" for row in found["rows"]
                      for text in [*row["why"], *row["notes"], *filter(None, [growth(row)])]] +
            [f"{pair['pair']}: {text}" for pair in found["overhead"] for text in pair["why"]])
    tables = ((["a pair or step", "status", "without, ns", "with, ns", "ratio", "noise"],
               [pair_columns(pair) for pair in found["overhead"]]),
              (["MiB between marks", "status", "tracked", "NVML", "apart", "untracked", "after", "cap", "recovery",
                "leak", "frames"], [columns(row) for row in found["rows"]]))
    for header, rows in tables:
        if rows:
            print("\n" + "\n".join(lines(header, rows)))
    print(f"\n{found['card']}, driver {found['driver']}, {found['date']}"
          f"{', SIMULATED: nothing here was measured on a GPU' if found['simulated'] else ''}: "
          f"{found['failed']} failed, {found['skipped']} skipped, {found['passed']} ok")


def pair_columns(pair):
    if "ratio" not in pair:
        return [pair["pair"], pair["status"], "", "", "", ""]
    middle = [f"{sorted(pair[key])[len(pair[key]) // 2]:.0f}" for key in ("without_ns", "with_ns")]
    status = pair["status"] if pair["bar"] is not None else "not judged"
    return [pair["pair"], status, *middle, f"{pair['ratio']:.3f}", f"{pair['noise']:.1%}"]
