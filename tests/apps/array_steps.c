/*
 * Makes and destroys arrays as its arguments say, one step after the other, and prints what each
 * call returned: the output must be the same with and without anything between program and driver.
 * What is left at the end stays. Usage: array_steps STEP…
 *
 *	API,W,H,D,FORMAT,CHANNELS,FLAGS,LEVELS	make one; API: 1 and 2 are cuArrayCreate and its _v2,
 *						31 and 32 cuArray3DCreate and its _v2, m a mipmapped array
 *	free=N		destroy the N-th that was made, counted from 0
 *	part=N		destroy the handle of a part (a plane, a level) of the N-th
 *	context		go on in a context of its own
 *	end		destroy that context
 *	capture		begin to capture a stream, in the mode that forbids most
 *	captured	end the capture
 */
#define __CUDA_API_VERSION_INTERNAL
#include "check.h"

#include <cuda.h>
#include <string.h>

#define MOST 256

static struct {
	CUarray array;
	CUmipmappedArray mipmap;
} made[MOST];

static unsigned int count;
static CUcontext context;
static CUstream stream;

struct wish {
	char api[4];
	unsigned long long width, height, depth;
	unsigned int format, channels, flags, levels;
};

static CUresult make_array(const struct wish *w, CUarray *out)
{
	CUarray_format format = (CUarray_format)w->format;

	if (strcmp(w->api, "1") == 0) {
		CUDA_ARRAY_DESCRIPTOR_v1 d = {
			(unsigned int)w->width, (unsigned int)w->height, format, w->channels};

		return cuArrayCreate(out, &d);
	}
	if (strcmp(w->api, "2") == 0) {
		CUDA_ARRAY_DESCRIPTOR d = {w->width, w->height, format, w->channels};

		return cuArrayCreate_v2(out, &d);
	}
	if (strcmp(w->api, "31") == 0) {
		CUDA_ARRAY3D_DESCRIPTOR_v1 d = {(unsigned int)w->width, (unsigned int)w->height,
			(unsigned int)w->depth, format, w->channels, w->flags};

		return cuArray3DCreate(out, &d);
	}
	CUDA_ARRAY3D_DESCRIPTOR d = {w->width, w->height, w->depth, format, w->channels, w->flags};

	return cuArray3DCreate_v2(out, &d);
}

static CUresult make(const char *step)
{
	struct wish w = {0};

	EXPECT(sscanf(step, "%3[^,],%llu,%llu,%llu,%i,%u,%u,%u", w.api, &w.width, &w.height,
		       &w.depth, (int *)&w.format, &w.channels, &w.flags, &w.levels) == 8);
	EXPECT(count < MOST);
	if (strcmp(w.api, "m") != 0)
		return make_array(&w, &made[count++].array);
	CUDA_ARRAY3D_DESCRIPTOR d = {
		w.width, w.height, w.depth, (CUarray_format)w.format, w.channels, w.flags};

	return cuMipmappedArrayCreate(&made[count++].mipmap, &d, w.levels);
}

static CUresult destroy(unsigned int which)
{
	return made[which].mipmap != NULL ? cuMipmappedArrayDestroy(made[which].mipmap)
					  : cuArrayDestroy(made[which].array);
}

static CUresult destroy_part(unsigned int which)
{
	CUarray part = NULL;
	CUresult result = made[which].mipmap != NULL
		? cuMipmappedArrayGetLevel(&part, made[which].mipmap, 0)
		: cuArrayGetPlane(&part, made[which].array, 0);

	printf("%-40s %d\n", "  the part", (int)result);
	return cuArrayDestroy(part);
}

static CUresult capture_ended(void)
{
	CUgraph graph;

	return cuStreamEndCapture(stream, &graph);
}

static CUresult take(const char *step)
{
	unsigned int which;

	if (sscanf(step, "free=%u", &which) == 1)
		return destroy(which);
	if (sscanf(step, "part=%u", &which) == 1)
		return destroy_part(which);
	if (strcmp(step, "context") == 0)
		return cuCtxCreate_v2(&context, 0, 0);
	if (strcmp(step, "end") == 0)
		return cuCtxDestroy_v2(context);
	if (strcmp(step, "captured") == 0)
		return capture_ended();
	if (strcmp(step, "capture") != 0)
		return make(step);
	OK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
	return cuStreamBeginCapture_v2(stream, CU_STREAM_CAPTURE_MODE_GLOBAL);
}

int main(int argc, char **argv)
{
	CUcontext primary;

	OK(cuInit(0));
	OK(cuDevicePrimaryCtxRetain(&primary, 0));
	OK(cuCtxSetCurrent(primary));
	for (int i = 1; i < argc; i++)
		printf("%-40s %d\n", argv[i], (int)take(argv[i]));
	return 0;
}
