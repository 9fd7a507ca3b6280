/*
 * How large arrays are: bytes of a texel by format, rows, slices, levels of a mipmap, tiles of a sparse array.
 * Pure arithmetic on descriptors, written from the documentation of the formats, not from the shim.
 */
#include "sim.h"

enum counted { CHANNEL, TEXEL, BLOCK, HALVES };

struct format {
	CUarray_format format;
	unsigned int bytes;
	enum counted counted;
};

static const struct format formats[] = {
#define X(name, value, bytes, layout) {CU_AD_FORMAT_##name, bytes, layout},
#include "simabi/formats.def"
};

/* The largest extents that a device takes, with and without layers. */
#define WIDTH_1D  131072
#define WIDTH_2D  131072
#define HEIGHT_2D 65536
#define EXTENT_3D 16384
#define LAYERED   32768
#define LAYERS    2048

static const struct format *find(CUarray_format format)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (formats[i].format == format)
			return &formats[i];
	}
	return NULL;
}

static bool layered(const CUDA_ARRAY3D_DESCRIPTOR *d)
{
	return d->Flags & (CUDA_ARRAY3D_LAYERED | CUDA_ARRAY3D_CUBEMAP);
}

static bool extents_fit(const CUDA_ARRAY3D_DESCRIPTOR *d)
{
	if (!d->Width)
		return false;
	if (layered(d))
		return d->Width <= LAYERED && d->Height <= LAYERED && d->Depth &&
			d->Depth <= LAYERS;
	if (d->Depth)
		return d->Height && d->Width <= EXTENT_3D && d->Height <= EXTENT_3D &&
			d->Depth <= EXTENT_3D;
	return d->Height ? d->Width <= WIDTH_2D && d->Height <= HEIGHT_2D : d->Width <= WIDTH_1D;
}

static bool cubemap_fits(const CUDA_ARRAY3D_DESCRIPTOR *d)
{
	if (!(d->Flags & CUDA_ARRAY3D_CUBEMAP))
		return true;
	return d->Width == d->Height &&
		(d->Flags & CUDA_ARRAY3D_LAYERED ? d->Depth % 6 == 0 : d->Depth == 6);
}

static bool channels_fit(const struct format *format, unsigned int channels)
{
	if (format->counted == CHANNEL)
		return channels == 1 || channels == 2 || channels == 4;
	return channels >= 1 && channels <= 4;
}

static uint64_t at_least_one(uint64_t extent)
{
	return extent ? extent : 1;
}

bool sim_layout_of(const CUDA_ARRAY3D_DESCRIPTOR *d, struct sim_layout *layout)
{
	const struct format *format = find(d->Format);
	uint64_t rows = at_least_one(d->Height), row, unit = sim_config()->array_row;

	if (!format || !extents_fit(d) || !cubemap_fits(d) || !channels_fit(format, d->NumChannels))
		return false;
	switch (format->counted) {
	case CHANNEL:
		row = d->Width * format->bytes * d->NumChannels;
		break;
	case BLOCK:
		row = (d->Width + 3) / 4 * format->bytes;
		rows = (rows + 3) / 4;
		break;
	case HALVES:
		row = (d->Width * format->bytes + 1) / 2;
		break;
	case TEXEL:
	default:
		row = d->Width * format->bytes;
		break;
	}
	layout->row = (row + unit - 1) / unit * unit;
	layout->slice = layout->row * rows;
	layout->bytes = layout->slice * at_least_one(d->Depth);
	return true;
}

static uint64_t halved(uint64_t extent, unsigned int level)
{
	return extent ? at_least_one(extent >> level) : 0;
}

CUDA_ARRAY3D_DESCRIPTOR sim_layout_level(
	const CUDA_ARRAY3D_DESCRIPTOR *descriptor, unsigned int level)
{
	CUDA_ARRAY3D_DESCRIPTOR result = *descriptor;

	result.Width = halved(descriptor->Width, level);
	result.Height = halved(descriptor->Height, level);
	if (!layered(descriptor))
		result.Depth = halved(descriptor->Depth, level);
	return result;
}

unsigned int sim_layout_levels(const CUDA_ARRAY3D_DESCRIPTOR *d)
{
	uint64_t largest = d->Width > d->Height ? d->Width : d->Height;
	unsigned int levels = 0;

	if (!layered(d) && d->Depth > largest)
		largest = d->Depth;
	for (; largest; largest >>= 1)
		levels++;
	return levels;
}

/* Tiles are 64 KiB whatever the format. */
void sim_layout_sparse(const CUDA_ARRAY3D_DESCRIPTOR *descriptor, unsigned int levels,
	CUDA_ARRAY_SPARSE_PROPERTIES *properties)
{
	static const unsigned int flat[5][2] = {
		{256, 256}, {256, 128}, {128, 128}, {128, 64}, {64, 64}};
	static const unsigned int deep[5][3] = {
		{64, 32, 32}, {32, 32, 32}, {32, 32, 16}, {32, 16, 16}, {16, 16, 16}};
	const struct format *format = find(descriptor->Format);
	unsigned int texel =
		format->bytes * (format->counted == CHANNEL ? descriptor->NumChannels : 1);
	unsigned int log = 0, level = 0;
	bool volume = descriptor->Depth && !layered(descriptor);

	while (log < 4 && 1u << log < texel)
		log++;
	*properties = (CUDA_ARRAY_SPARSE_PROPERTIES){0};
	properties->tileExtent.width = volume ? deep[log][0] : flat[log][0];
	properties->tileExtent.height = volume ? deep[log][1] : flat[log][1];
	properties->tileExtent.depth = volume ? deep[log][2] : 1;
	while (level < levels && descriptor->Width >> level >= properties->tileExtent.width &&
		descriptor->Height >> level >= properties->tileExtent.height)
		level++;
	properties->miptailFirstLevel = level;
	properties->miptailSize = level < levels ? 65536 : 0;
}
