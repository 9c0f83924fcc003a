// SPDX-License-Identifier: GPL-2.0-or-later
#include "extras.h"

#include <elf.h>
#include <arpa/inet.h>
#include <sys/socket.h>

#define LOOP_MAJOR	7
#define MD_MAJOR	9
#define DM_MAJOR	253
#define SWP_USED	1
#define TCP_ESTABLISHED 1
#define TCP_PORT	10809
#define CLIENT_PORT	40000
#define UNSENT_BYTES	5
#define FILE_PTR_NOWAIT 1
#define RING_FD		9
#define WORD		sizeof(uint64_t)

static uint64_t new_mount_namespace(struct image *image, uint32_t inode)
{
	uint64_t mnt_ns = image_new(image, "mnt_namespace");

	image_set(image, mnt_ns, "mnt_namespace", "ns.inum", inode);
	return mnt_ns;
}

/* One more mount of the super_block, below root; name is NULL when it was unmounted lazily. */
static uint64_t new_mount(struct scene *s, uint64_t sb, uint64_t root, const char *name,
			  uint64_t mnt_ns)
{
	struct image *image = s->image;
	uint64_t mount = image_new(image, "mount"), last;

	image_set(image, mount, "mount", "mnt_parent", name ? root : mount);
	image_set(image, mount, "mount", "mnt_ns", mnt_ns);
	image_set(image, mount, "mount", "mnt_mountpoint",
		  name ? kernel_dentry(&s->kernel, s->kernel.root, name, 0) : s->kernel.root);
	if (!image_has(image, "mount", "mnt_next_for_sb")) {
		image_list_add(image, image_at(image, sb, "super_block", "s_mounts"),
			       image_at(image, mount, "mount", "mnt_instance"));
		return mount;
	}
	last = image_get(image, sb, "super_block", "s_mounts");
	if (!last) {
		image_set(image, sb, "super_block", "s_mounts", mount);
		return mount;
	}
	for (uint64_t next; (next = image_get(image, last, "mount", "mnt_next_for_sb"));)
		last = next;
	image_set(image, last, "mount", "mnt_next_for_sb", mount);
	return mount;
}

/* Where a task lives, and its cwd and root. */
static void live_in(struct image *image, const struct kernel_task *t, uint64_t mnt_ns, uint64_t pwd,
		    uint64_t root)
{
	uint64_t nsproxy = image_new(image, "nsproxy"), fs = image_new(image, "fs_struct");

	image_set(image, nsproxy, "nsproxy", "mnt_ns", mnt_ns);
	image_set(image, t->task, "task_struct", "nsproxy", nsproxy);
	image_set(image, fs, "fs_struct", "pwd.mnt", image_at(image, pwd, "mount", "mnt"));
	image_set(image, fs, "fs_struct", "root.mnt", image_at(image, root, "mount", "mnt"));
	image_set(image, t->task, "task_struct", "fs", fs);
}

static uint64_t mount_one(struct scene *s, uint64_t *sb, uint64_t *root, uint64_t *home)
{
	struct image *image = s->image;
	uint64_t nsproxy = image_variable(image, "init_nsproxy", "nsproxy");

	*home = new_mount_namespace(image, EXTRA_MNT_NS);
	s->ext4 = *sb = kernel_super_block(&s->kernel, "ext4", s->disk.block_device);
	*root = image_new(image, "mount");
	image_set(image, *root, "mount", "mnt_parent", *root);
	image_set(image, nsproxy, "nsproxy", "mnt_ns", *home);
	kernel_disk_open(&s->kernel, &s->disk);
	return new_mount(s, *sb, *root, "mnt", *home);
}

void extra_mount(struct scene *s)
{
	uint64_t sb, root, home;

	mount_one(s, &sb, &root, &home);
}

struct extra_mounts extra_mounts(struct scene *s)
{
	struct image *image = s->image;
	struct kernel *k = &s->kernel;
	uint64_t sb, root, home, elsewhere, file;
	struct extra_mounts m;

	mount_one(s, &sb, &root, &home);
	elsewhere = new_mount_namespace(image, EXTRA_MNT_NS + 1);
	m.pod = kernel_task(k, "pod", 4900, NULL, 0);
	new_mount(s, sb, root, "pod", elsewhere);
	live_in(image, &m.pod, elsewhere, root, root);
	m.detached = new_mount(s, sb, root, NULL, 0);
	m.keeper = kernel_task(k, "keeper", 4950, NULL, 0);
	live_in(image, &m.keeper, home, m.detached, root);
	file = kernel_file(k, k->root, s->disk.inode, k->device_ops, 0, 1);
	image_set(image, file, "file", "f_path.mnt", image_at(image, m.detached, "mount", "mnt"));
	kernel_fd(k, &m.keeper, EXTRA_KEPT_FD, file);
	return m;
}

void extra_swap(struct scene *s)
{
	struct image *image = s->image;
	struct kernel *k = &s->kernel;
	uint64_t area = image_new(image, "swap_info_struct"), number;

	number = image_variable(image, "nr_swapfiles", "int");
	image_write(image, number, &(uint32_t){1}, sizeof(uint32_t));
	image_pointer(image, "swap_info", area);
	image_set(image, area, "swap_info_struct", "flags", SWP_USED);
	image_set(image, area, "swap_info_struct", "bdev", s->disk.block_device);
	image_set(image, area, "swap_info_struct", "swap_file",
		  kernel_file(k, k->dev_directory, s->disk.inode, k->device_ops, s->disk.inode, 1));
	image_set(image, s->disk.block_device, "block_device", "bd_holder", area);
	/* Once as a file, once by its claim. */
	kernel_disk_open(k, &s->disk);
	kernel_disk_open(k, &s->disk);
}

/* The upper disk has claimed the lower one, and so opened it. */
static void stack_on(struct scene *s, const struct kernel_disk *upper,
		     const struct kernel_disk *lower)
{
	struct image *image = s->image;
	uint64_t entry = image_new(image, "bd_holder_disk"), directory = image_new(image, "dentry");
	uint64_t head =
		image_has(image, "gendisk", "slave_bdevs")
			? image_at(image, upper->gendisk, "gendisk", "slave_bdevs")
			: image_at(image, lower->block_device, "block_device", "bd_holder_disks");

	image_list_add(image, head, image_at(image, entry, "bd_holder_disk", "list"));
	image_try_set(image, lower->block_device, "block_device", "bd_holder_dir", directory);
	image_try_set(image, entry, "bd_holder_disk", "bdev", lower->block_device);
	image_try_set(image, entry, "bd_holder_disk", "holder_dir", directory);
	image_try_set(image, entry, "bd_holder_disk", "disk", upper->gendisk);
	kernel_disk_open(&s->kernel, lower);
}

/* What device mapper calls it: a cell in a tree (5.13), or in a list of a table. */
static uint64_t name_mapping(struct image *image, const struct kernel_disk *dm)
{
	bool tree = image_has(image, "gendisk", "slave_bdevs");
	size_t links = tree ? 7 : 4;
	uint64_t cell = image_array(image, "ptr", links + 4);
	uint64_t mapped_device = image_array(image, "ptr", 16), buckets;

	image_set(image, dm->gendisk, "gendisk", "private_data", mapped_device);
	image_set_pointer(image, cell, links, image_string(image, EXTRA_DM_NAME));
	image_set_pointer(image, cell, links + 1, image_string(image, "LVM-made-up"));
	image_set_pointer(image, cell, links + 2, mapped_device);
	if (tree) {
		image_pointer(image, "name_rb_tree", cell);
		return cell;
	}
	buckets = image_array(image, "list_head", 64);
	image_symbol(image, "_name_buckets", buckets, 0);
	for (uint64_t i = 0; i < 64; i++)
		image_list_init(image, buckets + i * image_sizeof(image, "list_head"));
	image_list_add(image, buckets + 7 * image_sizeof(image, "list_head"), cell);
	return cell;
}

struct extra_stack extra_stacked(struct scene *s)
{
	struct kernel *k = &s->kernel;
	struct extra_stack stack = {.md = kernel_disk(k, "md1", MD_MAJOR, 1, 1),
				    .dm = kernel_disk(k, "dm-0", DM_MAJOR, 0, 1)};

	stack_on(s, &stack.dm, &s->disk);
	stack_on(s, &stack.md, &stack.dm);
	stack.cell = name_mapping(s->image, &stack.dm);
	kernel_fd(k, &s->opener, EXTRA_MD_FD,
		  kernel_file(k, kernel_dentry(k, k->dev_directory, "md1", stack.md.inode),
			      stack.md.inode, k->device_ops, stack.md.inode, 1));
	kernel_disk_open(k, &stack.md);
	return stack;
}

void extra_loop(struct scene *s)
{
	struct image *image = s->image;
	struct kernel *k = &s->kernel;
	uint64_t inode = image_new(image, "inode"), loop = image_array(image, "ptr", 64);

	kernel_inode(k, inode);
	image_set(image, inode, "inode", "i_sb", s->ext4);
	kernel_disk(k, "loop5", LOOP_MAJOR, 5, 1);
	image_set_pointer(image, loop, 3,
			  kernel_file(k, kernel_dentry(k, k->root, "image", inode), inode,
				      k->device_ops, inode, 1));
	kernel_idr(k, "loop_index_idr", 5, loop);
}

/* A message in the queue of sk that carries the file. */
static void send_file(struct image *image, uint64_t sk, uint64_t file)
{
	uint64_t queue = image_at(image, sk, "sock", "sk_receive_queue");
	uint64_t skb = image_new(image, "sk_buff"), fp = image_new(image, "scm_fp_list");

	image_set(image, fp, "scm_fp_list", "count", 1);
	image_set(image, fp, "scm_fp_list", "fp[0]", file);
	image_set(image, image_at(image, skb, "sk_buff", "cb"), "unix_skb_parms", "fp", fp);
	/* sk_buff_head and sk_buff begin as list_head does. */
	image_list_add(image, queue, skb);
	image_set(image, queue, "sk_buff_head", "qlen", 1);
}

void extra_message(struct scene *s)
{
	send_file(s->image, s->peers[0].sk, s->ends[0].file);
	kernel_file_get(&s->kernel, s->ends[0].file);
}

/* The socket that a ring has for the messages in which registered files are: its file is the ring's. */
static void give_socket(struct scene *s, uint64_t ctx, uint64_t file, uint64_t registered)
{
	struct image *image = s->image;
	struct kernel_socket socket = kernel_socket(&s->kernel, kernel_unix_sk(&s->kernel), 0);

	image_set(image, socket.socket, "socket", "file", file);
	image_set(image, ctx, "io_ring_ctx", "ring_sock", socket.socket);
	send_file(image, socket.sk, registered);
}

void extra_ring_of(struct scene *s, uint64_t registered)
{
	struct image *image = s->image;
	struct kernel *k = &s->kernel;
	uint64_t fops = image_pointer(image, "io_uring_fops", 0), inode = image_new(image, "inode");
	uint64_t ctx = image_new(image, "io_ring_ctx"), files = image_array(image, "ptr", 2);
	uint64_t pointer = registered | FILE_PTR_NOWAIT, file;

	kernel_inode(k, inode);
	file = kernel_file(k, kernel_dentry(k, 0, "[io_uring]", inode), inode, fops, inode, 1);
	image_set(image, file, "file", "private_data", ctx);
	kernel_fd(k, &s->opener, RING_FD, file);
	image_try_set(image, s->opener.task, "task_struct", "io_uring", ctx);
	if (image_has(image, "io_ring_ctx", "file_table.data")) {
		uint64_t node = image_new(image, "io_rsrc_node");

		image_set(image, node, "io_rsrc_node", "file_ptr", pointer);
		image_set(image, ctx, "io_ring_ctx", "file_table.data.nr", 2);
		image_set(image, ctx, "io_ring_ctx", "file_table.data.nodes", files);
		pointer = node;
	} else if (image_has(image, "io_ring_ctx", "file_table")) {
		image_set(image, ctx, "io_ring_ctx", "nr_user_files", 2);
		image_set(image, ctx, "io_ring_ctx", "file_table.files", files);
	}
	if (image_has(image, "io_ring_ctx", "ring_sock"))
		give_socket(s, ctx, file, registered);
	image_set_pointer(image, files, 1, pointer);
	kernel_file_get(k, registered);
}

void extra_ring(struct scene *s)
{
	extra_ring_of(s, s->ends[1].file);
}

/* One end of a TCP connection of this host with itself, in the table of sockets; v6: as servers have it
 * that listen to IPv6 and take IPv4 too. */
static struct kernel_socket new_tcp(struct scene *s, uint16_t port, uint16_t remote_port, bool v6,
				    unsigned references)
{
	static const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1};
	struct image *image = s->image;
	uint64_t sk = image_new(image, "tcp_sock"),
		 common = image_at(image, sk, "sock", "__sk_common");

	image_set(image, common, "sock_common", "skc_family", v6 ? AF_INET6 : AF_INET);
	image_set(image, sk, "sock", "sk_protocol", IPPROTO_TCP);
	kernel_shutdown(&s->kernel, sk, 0);
	image_set(image, common, "sock_common", "skc_state", TCP_ESTABLISHED);
	image_set(image, common, "sock_common", "skc_net", s->kernel.net);
	image_set(image, common, "sock_common", "skc_num", port);
	image_set(image, common, "sock_common", "skc_dport", htons(remote_port));
	if (v6) {
		image_write(image, image_at(image, common, "sock_common", "skc_v6_rcv_saddr"),
			    mapped, sizeof(mapped));
		image_write(image, image_at(image, common, "sock_common", "skc_v6_daddr"), mapped,
			    sizeof(mapped));
	} else {
		image_set(image, common, "sock_common", "skc_rcv_saddr", htonl(INADDR_LOOPBACK));
		image_set(image, common, "sock_common", "skc_daddr", htonl(INADDR_LOOPBACK));
	}
	image_set(image, sk, "inet_sock", "inet_sport", htons(port));
	image_set(image, sk, "tcp_sock", "snd_una", 100);
	image_set(image, sk, "tcp_sock", "write_seq", 100 + UNSENT_BYTES);
	image_hlist_add(image, image_at(image, s->kernel.tcp_bucket, "inet_ehash_bucket", "chain"),
			image_at(image, common, "sock_common", "skc_nulls_node"));
	return kernel_socket(&s->kernel, sk, references);
}

void extra_tcp(struct scene *s)
{
	struct image *image = s->image;
	struct kernel *k = &s->kernel;
	struct kernel_socket end = new_tcp(s, CLIENT_PORT, TCP_PORT, false, 2);
	struct kernel_socket peer = new_tcp(s, TCP_PORT, CLIENT_PORT, true, 1);
	uint64_t socks = image_array(image, "ptr", 3), nbd_sock = image_new(image, "nbd_sock");

	image_set(image, nbd_sock, "nbd_sock", "sock", end.socket);
	for (unsigned i = 0; i < 2; i++)
		image_set_pointer(image, socks, i, s->nbd_socks[i]);
	image_set_pointer(image, socks, 2, nbd_sock);
	image_set(image, s->config, "nbd_config", "socks", socks);
	image_set(image, s->config, "nbd_config", "num_connections", 3);
	image_set(image, s->config, "nbd_config", "live_connections", 2);
	kernel_fd(k, &s->client, SCENE_CLIENT_FD + 2, end.file);
	kernel_fd(k, &s->server, SCENE_SERVER_FD + 1, peer.file);
}

/* Code of the module that is a message of it. */
static void add_message(struct image *image, const char *text)
{
	uint64_t addr = image_function(image, MODULE_CODE, "nbd_message", strlen(text) + 1);

	image_write(image, addr, text, strlen(text));
}

/* What a module has beside functions. */
static bool is_data_of_nbd(const char *name)
{
	return !strcmp(name, "nbd_index_idr") || !strcmp(name, "nbd_dev") ||
	       !strcmp(name, "nbds_max");
}

static bool is_in_table(struct image *image, const char *name, uint64_t addr, bool all)
{
	size_t size;
	uint64_t start = image_code(image, MODULE_CODE, &size);

	return addr - start < size || (all && is_data_of_nbd(name));
}

/* The memory of the module reaches as far as there is any. */
static void set_size(struct scene *s)
{
	struct image *image = s->image;
	size_t size;
	uint64_t start = image_code(image, MODULE_CODE, &size);

	if (!image_try_set(image, s->module, "module", "core_layout.size", size))
		image_set(image, s->module, "module", "mem[1].size",
			  start + size - image_get(image, s->module, "module", "mem[1].base"));
}

void extra_kallsyms(struct scene *s, bool all)
{
	struct image *image = s->image;
	bool typed = image_has(image, "mod_kallsyms", "typetab");
	uint64_t table = image_at(image, s->module, "module", "core_kallsyms"), addr;
	size_t n = 1, names_size = 1, at = 1;
	uint64_t symtab, strtab, typetab;
	const char *name;

	for (size_t i = 0; (name = image_symbol_name(image, i, &addr)); i++) {
		n += is_in_table(image, name, addr, all);
		names_size += is_in_table(image, name, addr, all) ? strlen(name) + 1 : 0;
	}
	symtab = image_module_data(image, n * sizeof(Elf64_Sym));
	strtab = image_module_data(image, names_size);
	typetab = image_module_data(image, n);
	n = 1;
	for (size_t i = 0; (name = image_symbol_name(image, i, &addr)); i++) {
		char type = is_data_of_nbd(name) ? 'b' : 't';
		Elf64_Sym symbol = {.st_name = (uint32_t)at, .st_shndx = 1, .st_value = addr};

		if (!is_in_table(image, name, addr, all))
			continue;
		if (!typed)
			symbol.st_info = (unsigned char)type;
		image_write(image, symtab + n * sizeof(symbol), &symbol, sizeof(symbol));
		image_write(image, strtab + at, name, strlen(name) + 1);
		image_write(image, typetab + n++, &type, 1);
		at += strlen(name) + 1;
	}
	image_set(image, s->module, "module", "kallsyms", table);
	image_set(image, table, "mod_kallsyms", "symtab", symtab);
	image_set(image, table, "mod_kallsyms", "num_symtab", n);
	image_set(image, table, "mod_kallsyms", "strtab", strtab);
	image_try_set(image, table, "mod_kallsyms", "typetab", typetab);
	set_size(s);
}

static uint64_t new_section(struct image *image, const char *name, uint64_t addr)
{
	bool beside = image_has(image, "module_sect_attr", NULL);
	uint64_t section = image_new(image, beside ? "module_sect_attr" : "bin_attribute");
	uint64_t file = beside ? image_at(image, section, "module_sect_attr", "battr") : section;

	image_set(image, file, "bin_attribute", "attr.name", image_string(image, name));
	if (!image_try_set(image, section, "module_sect_attr", "address", addr))
		image_set(image, file, "bin_attribute", "private", addr);
	return file;
}

struct extra_sections extra_sections(struct scene *s, const void *build_id, size_t len)
{
	struct image *image = s->image;
	uint64_t all = image_new(image, "module_sect_attrs"), code;
	Elf64_Nhdr header = {sizeof(ELF_NOTE_GNU), (Elf64_Word)len, NT_GNU_BUILD_ID};
	struct extra_sections sections = {.files = image_array(image, "ptr", 4)};
	size_t size;

	code = image_code(image, MODULE_CODE, &size);
	sections.data = image_module_data(image, 256);
	sections.note = image_module_data(image, sizeof(header) + sizeof(ELF_NOTE_GNU) + len);
	image_write(image, sections.note, &header, sizeof(header));
	image_write(image, sections.note + sizeof(header), ELF_NOTE_GNU, sizeof(ELF_NOTE_GNU));
	image_write(image, sections.note + sizeof(header) + sizeof(ELF_NOTE_GNU), build_id, len);
	image_set_pointer(image, sections.files, 0, new_section(image, ".text", code));
	image_set_pointer(image, sections.files, 1, new_section(image, ".data", sections.data));
	image_set_pointer(image, sections.files, 2,
			  new_section(image, ".note.gnu.build-id", sections.note));
	image_set(image, all, "module_sect_attrs", "grp.bin_attrs", sections.files);
	image_set(image, s->module, "module", "sect_attrs", all);
	set_size(s);
	return sections;
}

void extra_module(struct scene *s)
{
	struct image *image = s->image;
	uint64_t list = image_variable(image, "modules", "list_head");
	uint64_t module = image_new(image, "module"), start, freeze, add_socket, ioctl, clear;
	size_t text_size;

	freeze = image_function(image, KERNEL_CODE, "blk_mq_freeze_queue", 64);
	add_socket = image_function(image, MODULE_CODE, "nbd_add_socket", 128);
	clear = image_function(image, MODULE_CODE, "nbd_clear_sock", 64);
	ioctl = image_function(image, MODULE_CODE, "nbd_ioctl", 256);
	image_call(image, add_socket, 0x20, freeze);
	image_call(image, ioctl, 0x40, clear);
	add_message(image, "Suspicious reply %d (status %u flags %lu)");
	if (image_has(image, "nbd_cmd", "retries"))
		add_message(image, "Possible stuck request %p");
	/* A whole page lies behind all of these. */
	image_function(image, MODULE_CODE, "nbd_cleanup", 4096);
	start = image_code(image, MODULE_CODE, &text_size);

	image_list_init(image, list);
	image_list_add(image, list, image_at(image, module, "module", "list"));
	image_set_text(image, module, "module", "name", "nbd");
	s->module = module;
	if (image_has(image, "module", "core_layout")) {
		image_set(image, module, "module", "core_layout.base", start);
		image_set(image, module, "module", "core_layout.text_size", text_size);
	} else {
		image_set(image, module, "module", "mem[0].base", start);
		image_set(image, module, "module", "mem[0].size", text_size);
		image_set(image, module, "module", "mem[1].base", start + text_size);
	}
	extra_kallsyms(s, true);
}

/* struct orc_entry: how the frame of a function with two words is left, its locals and the return. */
struct orc_row {
	int16_t sp_offset, bp_offset;
	uint8_t registers, rest;
};
#define ORC_REG_SP	  (numbered_anew ? 3 : 5)
#define ORC_REG_PREV_SP	  (numbered_anew ? 8 : 1)
#define ORC_REG_UNDEFINED 0

/* The table of the kernel's functions, in their order. */
/* schedule() lies before them: what its first row says tells how registers are numbered. */
static void add_orc(struct image *image, uint64_t schedule, const uint64_t *functions, size_t n)
{
	bool numbered_anew = image_has(image, "mutex", "first_waiter");
	/* Distances of 32 bits: the table is where the code is. */
	uint64_t ips = image_function(image, KERNEL_CODE, "__start_orc_unwind_ip",
				      (n + 1) * sizeof(int32_t));
	uint64_t rows = image_array(image, "orc_entry", n + 1);

	for (size_t i = 0; i <= n; i++) {
		uint64_t at = ips + i * sizeof(int32_t);
		int32_t distance = (int32_t)((i ? functions[i - 1] : schedule) - at);
		struct orc_row row = {2 * WORD, -2 * (int)WORD, ORC_REG_PREV_SP << 4 | ORC_REG_SP,
				      0};

		if (!i)
			row = (struct orc_row){WORD, 0, (uint8_t)ORC_REG_SP, 0};
		if (i == n)
			row.registers = ORC_REG_UNDEFINED;
		image_write(image, at, &distance, sizeof(distance));
		image_write(image, rows + i * sizeof(row), &row, sizeof(row));
	}
	image_symbol(image, "__stop_orc_unwind_ip", ips + (n + 1) * sizeof(int32_t), 0);
	image_symbol(image, "__start_orc_unwind", rows, 0);
}

/* A task in D whose stack holds the words from its inactive_task_frame on. */
static struct kernel_task new_sleeper(struct scene *s, const char *comm, uint32_t pid,
				      uint64_t ret_addr, const uint64_t *words, size_t n)
{
	struct image *image = s->image;
	struct kernel_task t = kernel_task(&s->kernel, comm, pid, NULL, 0);
	uint64_t stack = image_stack(image, EXTRA_STACK_SIZE);
	uint64_t frame = stack + EXTRA_STACK_SIZE / 2;
	const char *state = image_has(image, "task_struct", "__state") ? "__state" : "state";

	image_set(image, t.task, "task_struct", state, 2); /* TASK_UNINTERRUPTIBLE */
	image_set(image, t.task, "task_struct", "stack", stack);
	image_set(image, t.task, "task_struct", "thread.sp", frame);
	image_set(image, frame, "inactive_task_frame", "ret_addr", ret_addr);
	image_write(image, frame + image_sizeof(image, "inactive_task_frame"), words, n * WORD);
	return t;
}

/* The sleeper's struct rwsem_waiter, which is on its stack. */
static uint64_t wait_for_rwsem(struct image *image, uint64_t rwsem,
			       const struct kernel_task *sleeper, const struct kernel_task *owner)
{
	uint64_t head = image_at(image, rwsem, "rw_semaphore", "wait_list");
	uint64_t waiter = image_get(image, sleeper->task, "task_struct", "thread.sp") +
			  image_sizeof(image, "inactive_task_frame") + 4 * WORD;

	image_set(image, waiter, "rwsem_waiter", "task", sleeper->task);
	image_list_init(image, head);
	image_list_add(image, head, image_at(image, waiter, "rwsem_waiter", "list"));
	image_set(image, rwsem, "rw_semaphore", "owner", owner->task);
	return waiter;
}

struct extra_waiters extra_waiters(struct scene *s)
{
	struct image *image = s->image;
	struct extra_waiters w;
	uint64_t lock = image_at(image, s->nbd_device, "nbd_device", "config_lock");
	uint64_t schedule = image_function(image, KERNEL_CODE, "schedule", 128);
	uint64_t functions[8], calls[5], bio, next, vec, page;
	static const char *const names[] = {"__schedule",
					    "__mutex_lock",
					    "blkdev_ioctl",
					    "__sys_recvfrom",
					    "blkdev_fsync",
					    "do_fsync",
					    "rwsem_down_write_slowpath",
					    "nbd_add_socket"};

	for (size_t i = 0; i < 8; i++)
		functions[i] = image_function(image, KERNEL_CODE, names[i], 128);
	for (size_t i = 0; i < 5; i++)
		calls[i] = image_call(image, functions[i + 1], 0x20, functions[i]);
	/* Behind __schedule there is the caller of it; two words each, and what is left over above. */
	add_orc(image, schedule, functions, 5);
	w.in_schedule = functions[0] + 0x30;
	w.in_recvfrom = calls[2];
	w.in_blkdev_ioctl = calls[1];
	w.in_add_socket = image_call(image, functions[7], 0x20, functions[0]);
	w.ioctl = new_sleeper(s, "nbd-attach", 4400, functions[0] + 0x30,
			      (uint64_t[]){calls[3], calls[0], 0, calls[1], 0, 0, 7}, 7);
	w.holder = new_sleeper(s, "nbd-holder", 4500, functions[0] + 0x30,
			       (uint64_t[]){0, calls[1], s->disk.gendisk}, 3);
	kernel_mutex_wait(&s->kernel, lock, &w.ioctl);
	kernel_mutex_own(&s->kernel, lock, &w.holder);

	/* Two bios, the second with the page. */
	page = image_array(image, "long", 8);
	w.fsync = new_sleeper(s, "fsync", 4600, functions[0] + 0x30,
			      (uint64_t[]){0, calls[3], 0, calls[4], page}, 5);
	w.told = new_sleeper(s, "jbd2", 4700, functions[0] + 0x30,
			     (uint64_t[]){0, calls[3], 0, calls[4]}, 4);
	w.blocked = new_sleeper(
		s, "mkdir", 4800, functions[0] + 0x30,
		(uint64_t[]){0, image_call(image, functions[6], 0x20, functions[0])}, 2);
	w.inode = image_new(image, "inode");
	kernel_inode(&s->kernel, w.inode);
	image_set(image, w.inode, "inode", "i_sb", s->ext4);
	w.rwsem_waiter = wait_for_rwsem(image, image_at(image, w.inode, "inode", "i_rwsem"),
					&w.blocked, &w.fsync);

	bio = image_new(image, "bio");
	next = image_new(image, "bio");
	vec = image_new(image, "bio_vec");
	image_set(image, s->request, "request", "bio", bio);
	image_set(image, bio, "bio", "bi_next", next);
	image_set(image, bio, "bio", "bi_private", w.told.task);
	image_set(image, next, "bio", "bi_vcnt", 1);
	image_set(image, next, "bio", "bi_io_vec", vec);
	image_set(image, vec, "bio_vec", "bv_page", page);
	return w;
}

#define RECVFROM 45
#define USER_CS	 0x33
#define USER_DS	 0x2b

/* The client's second thread sleeps in a call whose number and fd are in its registers, which are returned. */
static uint64_t enter_recvfrom(struct scene *s, const struct extra_waiters *w)
{
	struct image *image = s->image;
	uint64_t task = s->client_thread.task;
	uint64_t stack = image_stack(image, EXTRA_STACK_SIZE);
	uint64_t frame = stack + EXTRA_STACK_SIZE / 2;
	uint64_t regs = stack + EXTRA_STACK_SIZE - image_sizeof(image, "pt_regs");
	const uint64_t words[] = {0, w->in_recvfrom, s->ends[0].socket, 0};

	image_set(image, task, "task_struct", "stack", stack);
	image_set(image, task, "task_struct", "thread.sp", frame);
	image_set(image, frame, "inactive_task_frame", "ret_addr", w->in_schedule);
	image_write(image, frame + image_sizeof(image, "inactive_task_frame"), words,
		    sizeof(words));
	image_set(image, regs, "pt_regs", "orig_ax", RECVFROM);
	image_set(image, regs, "pt_regs", "di", SCENE_CLIENT_FD);
	image_set(image, regs, "pt_regs", "cs", USER_CS);
	image_set(image, regs, "pt_regs", "ss", USER_DS);
	return regs;
}

struct extra_calls extra_calls(struct scene *s, const struct extra_waiters *w)
{
	struct image *image = s->image;
	struct extra_calls c;
	uint64_t wq = image_new(image, "socket_wq"), wqueues = image_new(image, "poll_wqueues");
	uint64_t head = image_at(image, wq, "socket_wq", "wait.whole.head");

	c.regs = enter_recvfrom(s, w);
	c.poll_entry = image_new(image, "poll_table_entry");
	image_list_init(image, head);
	image_set(image, s->peers[0].sk, "sock", "sk_wq", wq);
	image_set(image, wqueues, "poll_wqueues", "polling_task", s->opener.task);
	image_set(image, c.poll_entry, "poll_table_entry", "filp", s->peers[0].file);
	image_set(image, c.poll_entry, "poll_table_entry", "wait.func",
		  image_pointer(image, "pollwake", 0));
	image_set(image, c.poll_entry, "poll_table_entry", "wait.private", wqueues);
	image_list_add(image, head,
		       image_at(image, c.poll_entry, "poll_table_entry", "wait.entry"));
	kernel_file_get(&s->kernel, s->ends[0].file);
	kernel_file_get(&s->kernel, s->peers[0].file);
	return c;
}

void extra_all(struct scene *s)
{
	struct image *image = s->image;

	extra_mounts(s);
	extra_swap(s);
	extra_stacked(s);
	extra_message(s);
	extra_module(s);
	if (image_has(image, "nbd_device", "config_lock"))
		extra_waiters(s);
	if (!image_has(image, "nbd_config", NULL))
		return;
	extra_waiting(s);
	extra_tcp(s);
	/* The last, so that the numbers of inodes are alike. */
	if (image_has(s->image, "io_ring_ctx", NULL))
		extra_ring(s);
	/* One each opener and receiver. */
	image_set(image, s->nbd_device, "nbd_device", "config_refs",
		  image_get(image, s->disk.block_device, "block_device", "bd_openers") + 1);
}
