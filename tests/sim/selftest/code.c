/* What is read of a module's image, what a module takes, and the shapes of launches. */
#include "selftest.h"

#include <elf.h>
#include <string.h>

static const char ptx[] =
	"// A comment with { and .entry in it\n"
	".version 8.0\n.target sm_80\n.address_size 64\n"
	".visible .global .align 4 .u32 counter = 42;\n"
	".global .align 4 .b8 table[10][40];\n"
	".const .align 8 .f64 weights[2] = {0d3FF0000000000000, 0d4000000000000000};\n"
	".global .attribute(.managed) .align 2 .u16 few[3] = {1, 0xffff, -2};\n"
	".extern .global .align 4 .u32 elsewhere;\n"
	".visible .func (.param .b32 result) helper(.param .b32 x)\n{\n\tret;\n}\n"
	".visible .entry twice(\n\t.param .u64 where\n)\n.maxntid 128, 1, 1\n"
	"{\n\t.reg .b32 %r<2>;\n\t.shared .align 4 .b8 tile[64];\n\tld.global.u32 %r1, [counter];\n"
	"\tret;\n}\n"
	".entry last() { ret; }\n";

static uint64_t size_of(CUmodule module, const char *name, CUdeviceptr *address)
{
	size_t bytes;

	OK(cuModuleGetGlobal(address, &bytes, module, name));
	return bytes;
}

TEST(kernels_and_globals_of_ptx_are_found_and_no_others)
{
	CUmodule module;
	CUfunction twice, again, last;
	CUdeviceptr address;
	const char *name;

	begin();
	OK(cuModuleLoadData(&module, ptx));
	OK(cuModuleGetFunction(&twice, module, "twice"));
	OK(cuModuleGetFunction(&again, module, "twice"));
	CHECK(twice == again);
	OK(cuModuleGetFunction(&last, module, "last"));
	OK(cuFuncGetName(&name, last));
	CHECK(strcmp(name, "last") == 0);
	CHECK_EQUAL(CUDA_ERROR_NOT_FOUND, cuModuleGetFunction(&last, module, "helper"));
	CHECK_EQUAL(CUDA_ERROR_NOT_FOUND, cuModuleGetFunction(&last, module, "in"));
	CHECK_EQUAL(4, size_of(module, "counter", &address));
	CHECK_EQUAL(400, size_of(module, "table", &address));
	CHECK_EQUAL(16, size_of(module, "weights", &address));
	CHECK_EQUAL(6, size_of(module, "few", &address));
	CHECK_EQUAL(CUDA_ERROR_NOT_FOUND, cuModuleGetGlobal(&address, NULL, module, "elsewhere"));
	CHECK_EQUAL(CUDA_ERROR_NOT_FOUND, cuModuleGetGlobal(&address, NULL, module, "tile"));
	CHECK_EQUAL(426, simcuda_kind_bytes(0, SIMCUDA_MODULE));
	CHECK_EQUAL(0, simcuda_live_bytes(0));
	OK(cuModuleUnload(module));
	CHECK_EQUAL(0, simcuda_kind_bytes(0, SIMCUDA_MODULE));
	CHECK_EQUAL(CUDA_ERROR_INVALID_HANDLE, cuFuncGetName(&name, twice));
}

TEST(globals_hold_their_initial_values_and_can_be_written)
{
	CUmodule module;
	CUdeviceptr address;
	unsigned int counter;
	unsigned short few[3];
	double weights[2];

	begin();
	OK(cuModuleLoadData(&module, ptx));
	size_of(module, "counter", &address);
	OK(cuMemcpyDtoH(&counter, address, sizeof(counter)));
	CHECK_EQUAL(42, counter);
	counter = 43;
	OK(cuMemcpyHtoD(address, &counter, sizeof(counter)));
	OK(cuMemcpyDtoH(&counter, address, sizeof(counter)));
	CHECK_EQUAL(43, counter);
	OK(cuMemcpyDtoH(weights, (size_of(module, "weights", &address), address), 16));
	CHECK(weights[0] == 1 && weights[1] == 2);
	OK(cuMemcpyDtoH(few, (size_of(module, "few", &address), address), 6));
	CHECK(few[0] == 1 && few[1] == 0xffff && few[2] == 0xfffe);
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuMemFree(address));
}

/* The smallest cubin: a kernel, a function that is none, and one global with a value. */
struct cubin {
	Elf64_Ehdr file;
	Elf64_Shdr sections[6];
	Elf64_Sym symbols[4];
	char names[64], strings[32];
	uint32_t initial;
};

static uint32_t put_name(char *names, size_t *used, const char *name)
{
	uint32_t at = (uint32_t)*used;

	memcpy(names + at, name, strlen(name) + 1);
	*used += strlen(name) + 1;
	return at;
}

static void make_cubin(struct cubin *c)
{
	size_t names = 1, strings = 1;

	memset(c, 0, sizeof(*c));
	memcpy(c->file.e_ident, ELFMAG, SELFMAG);
	c->file.e_ident[EI_CLASS] = ELFCLASS64;
	c->file.e_machine = 190;
	c->file.e_shoff = offsetof(struct cubin, sections);
	c->file.e_shentsize = sizeof(Elf64_Shdr);
	c->file.e_shnum = 6;
	c->file.e_shstrndx = 1;
	c->sections[1].sh_offset = offsetof(struct cubin, names);
	c->sections[2].sh_offset = offsetof(struct cubin, strings);
	c->sections[3] = (Elf64_Shdr){.sh_type = SHT_SYMTAB,
		.sh_link = 2,
		.sh_offset = offsetof(struct cubin, symbols),
		.sh_size = sizeof(c->symbols)};
	c->sections[4] = (Elf64_Shdr){.sh_type = SHT_PROGBITS,
		.sh_name = put_name(c->names, &names, ".nv.global.init"),
		.sh_offset = offsetof(struct cubin, initial)};
	c->sections[5] = (Elf64_Shdr){
		.sh_type = SHT_PROGBITS, .sh_name = put_name(c->names, &names, ".text.k")};
	c->symbols[1] = (Elf64_Sym){.st_name = put_name(c->strings, &strings, "k"),
		.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
		.st_other = 0x10,
		.st_shndx = 5};
	c->symbols[2] = (Elf64_Sym){.st_name = put_name(c->strings, &strings, "device"),
		.st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC),
		.st_shndx = 5};
	c->symbols[3] = (Elf64_Sym){.st_name = put_name(c->strings, &strings, "value"),
		.st_info = ELF64_ST_INFO(STB_LOCAL, STT_OBJECT),
		.st_shndx = 4,
		.st_size = 4};
	c->initial = 7;
}

TEST(kernels_and_globals_of_a_cubin_are_found_and_no_others)
{
	struct cubin cubin;
	CUlibrary library;
	CUkernel kernel;
	CUdeviceptr address;
	size_t bytes;
	unsigned int value;

	make_cubin(&cubin);
	begin();
	OK(cuLibraryLoadData(&library, &cubin, NULL, NULL, 0, NULL, NULL, 0));
	OK(cuLibraryGetKernel(&kernel, library, "k"));
	CHECK_EQUAL(CUDA_ERROR_NOT_FOUND, cuLibraryGetKernel(&kernel, library, "device"));
	CHECK_EQUAL(0, simcuda_kind_bytes(0, SIMCUDA_MODULE));
	OK(cuLibraryGetGlobal(&address, &bytes, library, "value"));
	CHECK_EQUAL(4, bytes);
	CHECK_EQUAL(4, simcuda_kind_bytes(0, SIMCUDA_MODULE));
	OK(cuMemcpyDtoH(&value, address, 4));
	CHECK_EQUAL(7, value);
	OK(cuLibraryUnload(library));
	CHECK_EQUAL(0, simcuda_physical_bytes(0));
}

TEST(a_launch_must_have_a_shape_that_a_device_can_run)
{
	CUmodule module;
	CUfunction k;
	CUlaunchConfig config = {.gridDimX = 1, .gridDimY = 1, .gridDimZ = 1, .blockDimX = 1};
	int blocks, grid, threads;

	begin();
	OK(cuModuleLoadData(&module, ptx));
	OK(cuModuleGetFunction(&k, module, "last"));
	OK(cuLaunchKernel(k, 65535, 1, 1, 32, 32, 1, 0, NULL, NULL, NULL));
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE,
		cuLaunchKernel(k, 1, 1, 1, 32, 33, 1, 0, NULL, NULL, NULL));
	CHECK_EQUAL(
		CUDA_ERROR_INVALID_VALUE, cuLaunchKernel(k, 1, 0, 1, 1, 1, 1, 0, NULL, NULL, NULL));
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuLaunchKernelEx(&config, k, NULL, NULL));
	config.blockDimY = config.blockDimZ = 1;
	OK(cuLaunchKernelEx(&config, k, NULL, NULL));
	CHECK_EQUAL(CUDA_ERROR_INVALID_VALUE, cuLaunchGrid(k, 2, 2));
	OK(cuFuncSetBlockShape(k, 8, 8, 1));
	OK(cuLaunchGrid(k, 2, 2));
	OK(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, k, 256, 0));
	CHECK_EQUAL(8, blocks);
	OK(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, k, 256, 100 * KIB));
	CHECK_EQUAL(1, blocks);
	OK(cuOccupancyMaxPotentialBlockSize(&grid, &threads, k, NULL, 0, 0));
	CHECK(threads == 1024 && grid == 216);
}
