#!/bin/sh
# html.sh - `rac report --format html`: a page that shows what the report says, without scripts and
# without loading anything; and what its scripts do, where a browser is here.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/assert.sh
. tests/lib/reports.sh

needs_json report

# shows NAME REPORT
shows() {
	run "$RAC" report --format html --output "$T/page.html" "$2"
	if [ "$status" -ne 0 ]; then
		not_ok "$1" "status $status; stderr: $(cat "$T/err")"
		return
	fi
	is "$1" "$("$PYTHON" tests/lib/html_page.py "$T/page.html" "$2" 2>&1)" ''
}

# has NAME PART: the last page.
has() {
	is "$1" "$(grep -cF -e "$2" "$T/page.html" | sed 's/^[1-9].*/there/')" there
}

shows 'a report without a timeline is a page' "$GOLDEN"
has 'with what it took' 'KVCache::grow(unsigned long) (src/kv_cache.cu:118): 2.00 GiB'
has 'and what failed' '<p class="bad">failed: leak&gt;10M, measured 2148532224</p>'
"$PYTHON" tests/lib/make_report.py 60 4000 2 >"$T/time.json"
shows 'a report with a timeline is a page' "$T/time.json"
is 'with the cap in each picture' "$(grep -c 'class="rule cap"' "$T/page.html")" 2
changed "$T/many.json" 'r["sites"] = [dict(r["sites"][1], id=str(i), live_bytes=i, peak_bytes=1) for i in range(6000)]'
shows 'more sites than a table can hold are a page' "$T/many.json"
has 'that says how many are left out' '1000 more, which hold less'
changed "$T/r.json" 'r["sites"] = []; r["devices"] = []; r["host"]["pinned"]["peak_bytes"] = 0'
shows 'a process without a device is a page' "$T/r.json"
changed "$T/r.json" 'r["sites"] = []'
shows 'a report without sites is a page' "$T/r.json"
changed "$T/r.json" '
bad = "</title></script><script>alert(1)</script><img src=x onerror=alert(2)>\"\x27 onclick=\"x {{title}}\033[31m\u009b\0".rstrip("\0")
for s in r["sites"]:
	s["owner"] = s["api"] = s["id"] = bad + s["id"]
	for f in s["frames"]: f["function"] = f["file"] = f["module"] = f["build_id"] = bad
for d in r["devices"]: d["name"] = d["uuid"] = bad
p = r["process"]
p["executable"] = p["host"] = p["rank"] = bad; p["command"] = [bad]
r["verdict"]["conditions"][0]["condition"] = bad'
shows 'names that are markup stay names' "$T/r.json"
changed "$T/r.json" '
top = 2 ** 64 - 1
for d in r["devices"]:
	for k in d:
		if k.endswith("_bytes"): d[k] = top
for s in r["sites"]:
	for k in s:
		if k.endswith("_bytes"): s[k] = top
r["timeline"] = timeline(r["sites"], [0, 1, top], [0, 1, 0], [top, top, 1])'
run "$RAC" report --format html --output "$T/page.html" "$T/r.json"
ended 'the largest figures are a page' 0 ''
changed "$T/r.json" 'f = r["sites"][1]["frames"][0]; r["sites"][1]["frames"] = [dict(f, line=i, function=f"f{i}") for i in range(50000)]'
run "$RAC" report --format html --output "$T/page.html" "$T/r.json"
ended 'so is a stack without end' 0 ''
run "$RAC" report --format html "$GOLDEN" "$GOLDEN"
ended 'a page is of one report' 2 \
	'rac report: html is a page of one report; 2 are given; see rac report --help'

if ! command -v chromium >/dev/null; then
	skip 'what the scripts of the page do' 'chromium is not here'
	finish
fi

# in_browser SCRIPT: what it leaves in `said`, after the page's own scripts ran.
in_browser() {
	"$RAC" report --format html --output "$T/page.html" "$GOLDEN"
	printf '<pre id="said"></pre><script>let said = "";\n%s\ndocument.getElementById("said").textContent = said;</script>' \
		"$1" >>"$T/page.html"
	chromium --headless=new --no-sandbox --disable-gpu --user-data-dir="$T/chromium" --dump-dom \
		"file://$T/page.html" 2>"$T/err" | sed -n 's/.*<pre id="said">\(.*\)<\/pre>.*/\1/p'
}

is 'a box that is chosen fills the width, and Escape goes back' "$(in_browser '
const flame = document.querySelector(".flame"), boxes = [...flame.children];
const small = boxes.find(box => box.textContent.startsWith("KVCache"));
const press = key => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
small.click();
said += small.style.width + " " + boxes[0].style.width + " " + boxes.filter(box => box.hidden).length + "; ";
press("Escape");
said += Math.round(parseFloat(small.style.width)) + " " + boxes.filter(box => box.hidden).length;')" \
	'100% 100% 8; 3 0'
is 'arrow keys move, and say where' "$(in_browser '
const flame = document.querySelector(".flame");
const press = key => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}));
said += document.querySelectorAll(".flame [tabindex=\"0\"]").length + " ";
flame.children[0].focus();
for (const key of ["ArrowDown", "ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp"]) {
	press(key);
	said += document.activeElement.textContent + "; ";
}
said += flame.nextElementSibling.textContent.includes("serve.py:41");')" \
	'5 &lt;module&gt;; libnccl.so.2+0x2000; &lt;module&gt;; Engine.step; &lt;module&gt;; true'
is 'headings sort, and a field filters' "$(in_browser '
const table = document.querySelector("table.sites");
const first = () => table.tBodies[0].rows[0].querySelector("[data-of=id]").textContent;
const heads = [...table.querySelectorAll("th button")];
said += first() + " ";
heads.find(head => head.textContent === "calls").click();
said += first() + " ";
heads.find(head => head.textContent === "calls").click();
said += first() + " ";
const field = document.querySelector("input");
field.value = "linear.py pool";
field.dispatchEvent(new Event("input"));
said += [...table.tBodies[0].rows].filter(row => !row.hidden).length;')" '11aa22bb c0ffee00 9f2c5b1e 1'
is 'nothing is refused by its own policy' "$(grep -c 'Content Security Policy' "$T/err")" 0

# fits WIDTH: how far the page goes beyond the width of a window.
fits() {
	chromium --headless=new --no-sandbox --disable-gpu --user-data-dir="$T/chromium" \
		--window-size="$1,900" --dump-dom "file://$T/page.html" 2>"$T/err" |
		sed -n 's/.*<pre id="said">\(.*\)<\/pre>.*/\1/p'
}
"$RAC" report --format html --output "$T/page.html" "$T/time.json"
printf '<pre id="said"></pre><script>document.getElementById("said").textContent =
	document.documentElement.scrollWidth <= innerWidth ? "fits" : "too wide";</script>' >>"$T/page.html"
for width in 400 700 1600; do
	is "the page fits a window of $width pixels" "$(fits $width)" fits
done
finish
