/*
 * symbolise.c - see symbolise.h. Each address is named once, however many sites share it.
 */
#include "symbolise.h"

#include "cli.h"
#include "site_id.h"
#include "site_words.h"
#include "symbol_cache.h"
#include <stdlib.h>
#include <string.h>

/* Files that are complained of one by one. */
#define COMPLAINTS_MOST 5

struct work {
	const struct rac_report *report;
	const struct rac_symbol_options *options;
	const char *verb;
	struct rac_pool *pool;
	struct rac_symbol *symbols; /* in the order of rac_symbol_compare */
	size_t symbol_count;
	size_t complaints;
};

static struct rac_symbol symbol_of(const struct rac_report_frame *f)
{
	return (struct rac_symbol){
		.module = rac_or_empty(f->module),
		.build_id = rac_or_empty(f->build_id),
		.offset = f->offset,
	};
}

static bool is_hidden(const struct work *w, const struct rac_report_frame *f)
{
	return !w->options->all_frames && rac_frame_is_cuda(f);
}

/* A frame of native code that has no name yet and will be shown. */
static bool lacks_name(const struct work *w, const struct rac_report_frame *f)
{
	return rac_or_empty(f->function)[0] == '\0' && rac_or_empty(f->module)[0] == '/' &&
		!is_hidden(w, f);
}

static size_t gather(struct work *w, struct rac_symbol *out)
{
	size_t n = 0;

	for (size_t i = 0; i < w->report->site_count; i++) {
		const struct rac_report_site *site = &w->report->sites[i];

		for (size_t j = 0; j < site->frame_count; j++) {
			if (!lacks_name(w, &site->frames[j]))
				continue;
			if (out != NULL)
				out[n] = symbol_of(&site->frames[j]);
			n++;
		}
	}
	return n;
}

static bool collect(struct work *w)
{
	size_t n = gather(w, NULL), kept = 0;

	w->symbols = calloc(n + 1, sizeof(*w->symbols));
	if (w->symbols == NULL)
		return false;
	gather(w, w->symbols);
	if (n > 1)
		qsort(w->symbols, n, sizeof(*w->symbols), rac_symbol_compare);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || rac_symbol_compare(&w->symbols[kept - 1], &w->symbols[i]) != 0)
			w->symbols[kept++] = w->symbols[i];
	w->symbol_count = kept;
	return true;
}

static void complain(void *context, const char *line)
{
	struct work *w = context;

	if (w->complaints++ < COMPLAINTS_MOST)
		rac_warn(w->verb, "%s", line);
}

static void name(struct work *w)
{
	const struct rac_symbol_source source = {
		.debug_dirs = w->options->debug_dirs,
		.debuginfod = w->options->debuginfod,
		.started_unix_ns = w->report->process.started_unix_ns,
		.complain = complain,
		.context = w,
	};

	rac_symbol_cache_name(w->symbols, w->symbol_count, &source);
	if (w->complaints > COMPLAINTS_MOST)
		rac_warn(w->verb, "%zu more files are not here or not those that ran",
			w->complaints - COMPLAINTS_MOST);
	if (w->symbol_count > 0 && rac_symbols_library() == NULL)
		rac_warn(w->verb,
			"functions are not named: rac was built without elfutils; to have that:"
			" apt-get install libdw-dev, then make");
}

/* What was found out about a frame; NULL: nothing. */
static const struct rac_symbol *find(const struct work *w, const struct rac_report_frame *f)
{
	const struct rac_symbol key = symbol_of(f);
	const struct rac_symbol *s = NULL;

	if (lacks_name(w, f))
		s = bsearch(&key, w->symbols, w->symbol_count, sizeof(key), rac_symbol_compare);
	return s != NULL && s->line_count > 0 ? s : NULL;
}

/* Puts what was found for each frame into `found`; returns how many frames that makes. */
static size_t find_all(
	const struct work *w, const struct rac_report_site *site, const struct rac_symbol **found)
{
	size_t n = 0;

	for (size_t i = 0; i < site->frame_count; i++) {
		found[i] = find(w, &site->frames[i]);
		n += found[i] != NULL ? found[i]->line_count : 1;
	}
	return n;
}

/* True if a frame has a name that it had not. */
static bool expand(const struct rac_report_site *from, const struct rac_symbol *const *found,
	struct rac_report_frame *to)
{
	bool is_new = false;

	for (size_t i = 0; i < from->frame_count; i++) {
		const struct rac_symbol *s = found[i];

		*to = from->frames[i];
		for (size_t line = 0; s != NULL && line < s->line_count; line++) {
			to[line] = from->frames[i];
			to[line].function = s->lines[line].function;
			to[line].file = s->lines[line].file;
			to[line].line = s->lines[line].line;
		}
		is_new = is_new || s != NULL;
		to += s != NULL ? s->line_count : 1;
	}
	return is_new;
}

/* What is left without CUDA's own frames, unless nothing is. */
static size_t hide(
	const struct work *w, const struct rac_report_site *site, struct rac_report_frame *frames)
{
	size_t kept = 0;

	if (rac_site_is_all_cuda(site))
		return site->frame_count;
	for (size_t i = 0; i < site->frame_count; i++)
		if (!is_hidden(w, &frames[i]))
			frames[kept++] = frames[i];
	return kept;
}

/* found: room for what was found for each frame. An id that somebody gave stays, unless a name is new. */
static bool rewrite(struct work *w, const struct rac_report_site *from,
	const struct rac_symbol **found, struct rac_report_site *to)
{
	size_t count = find_all(w, from, found);
	struct rac_report_frame *frames = rac_pool_take(w->pool, count, sizeof(*frames));
	char *id;

	*to = *from;
	if (frames == NULL)
		return false;
	bool is_new = expand(from, found, frames);

	to->frames = frames;
	to->frame_count = count;
	to->frame_count = hide(w, to, frames);
	if (!is_new)
		return true;
	id = rac_pool_take(w->pool, RAC_SITE_ID_BYTES, 1);
	if (id == NULL)
		return false;
	rac_site_id(to, id);
	to->id = id;
	return true;
}

static bool rewrite_all(struct work *w, struct rac_report *report)
{
	struct rac_report_site *sites = rac_pool_take(w->pool, report->site_count, sizeof(*sites));
	const struct rac_symbol **found;
	size_t most = 0;

	for (size_t i = 0; i < report->site_count; i++)
		if (report->sites[i].frame_count > most)
			most = report->sites[i].frame_count;
	found = calloc(most + 1, sizeof(struct rac_symbol *));
	bool done = sites != NULL && found != NULL;

	for (size_t i = 0; done && i < report->site_count; i++)
		done = rewrite(w, &report->sites[i], found, &sites[i]);
	free(found);
	return done && rac_sites_group(report, sites, w->pool);
}

bool rac_symbolise(struct rac_loaded *loaded, const struct rac_symbol_options *options,
	const char *verb, struct rac_complaint *c)
{
	struct work w = {
		.report = &loaded->report,
		.options = options,
		.verb = verb,
		.pool = &loaded->pool,
	};
	struct rac_quote quote;

	if (options->debuginfod && rac_or_empty(getenv("DEBUGINFOD_URLS"))[0] == '\0')
		return rac_complain(c, "--debuginfod needs DEBUGINFOD_URLS, the servers to ask");
	if (options->no_symbols)
		return true;
	bool done = collect(&w);

	if (done) {
		name(&w);
		done = rewrite_all(&w, &loaded->report) && !w.pool->failed;
	}
	free(w.symbols);
	return done ||
		rac_complain(c, "no memory to name the functions of %s",
			rac_quote(&quote, loaded->name));
}

bool rac_report_load_named(const char *word, const struct rac_symbol_options *options,
	const char *verb, struct rac_loaded *out, struct rac_complaint *c)
{
	if (!rac_report_load(word, out, c))
		return false;
	if (rac_symbolise(out, options, verb, c))
		return true;
	rac_report_unload(out);
	return false;
}
