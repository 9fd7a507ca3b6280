/*
 * top_screen.c - `rac top` on a terminal, drawn by ncurses, which knows all of them and leaves them as they
 * were; what is shown is top_print.c's. Without ncurses it says so.
 */
#include "top.h"

#ifdef RAC_HAVE_CURSES

#include <curses.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool write_stream(void *context, const char *bytes, size_t n)
{
	return fwrite(bytes, 1, n, context) == n;
}

static void draw(const struct rac_top *t)
{
	char *text = NULL, *rest;
	size_t n = 0;
	FILE *stream = open_memstream(&text, &n);
	struct rac_sink sink = {write_stream, stream};

	if (stream == NULL)
		return;
	rac_top_print(t, &sink);
	if (fclose(stream) != 0)
		return;
	erase();
	rest = text;
	for (int line = 0; line < LINES - 1; line++) {
		const char *part = strsep(&rest, "\n");

		if (part == NULL)
			break;
		if (line == 1)
			attron(A_REVERSE);
		mvaddnstr(line, 0, part, COLS);
		if (line == 1)
			attroff(A_REVERSE);
	}
	mvaddnstr(LINES - 1, 0, "q quits", COLS);
	refresh();
	free(text);
}

bool rac_top_screen(struct rac_top *options, unsigned interval_ms, struct rac_complaint *c)
{
	struct rac_top before = *options, now = *options;
	bool has_before = false;

	if (newterm(NULL, stdout, stdin) == NULL)
		return rac_complain(c, "the terminal is not known (TERM); use --once");
	cbreak();
	noecho();
	curs_set(0);
	timeout((int)interval_ms);
	for (int key = 0; key != 'q' && key != 'Q';) {
		rac_top_take(&now, has_before ? &before : NULL);
		draw(&now);
		if (has_before)
			rac_top_free(&before);
		before = now;
		has_before = true;
		key = getch();
	}
	rac_top_free(&before);
	endwin();
	return true;
}

#else

bool rac_top_screen(struct rac_top *options, unsigned interval_ms, struct rac_complaint *c)
{
	(void)options;
	(void)interval_ms;
	return rac_complain(
		c, "this rac was built without ncurses, so it has no live screen; use --once");
}

#endif
