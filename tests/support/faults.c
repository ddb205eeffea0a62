/*
 * Runs a program and injects one fault at a numbered point of it.
 *
 *   faults count|kill|kill-one|enospc|eio POINT LOG PROGRAM [ARGUMENT...]
 *
 * A point is a system call by which git-puff, or a git that it started, changes the disk or starts a program: a file is
 * created, written, linked, renamed, removed, synchronised, or a program is executed. Points are numbered from 1 across
 * every process and thread of the tree. LOG gets a line for each: number, process, program, call, path.
 *
 *   count     does nothing; LOG tells the points.
 *   kill      at the point, before the call, SIGKILL for the process that is at it, for those of git-puff and git that wait
 *             for it, and for the others of their sessions: as when the machine loses power, but that what has begun a
 *             session of its own and is not waited for (a watcher, a supervisor) lives on.
 *   kill-one  SIGKILL for the process that is at it alone: a git that runs out of memory, under a git-puff that goes on.
 *   enospc    from the point on, calls that need room fail with ENOSPC: until the program has ended, or 40 of them failed.
 *   eio       the call at the point fails with EIO.
 *
 * A seccomp filter stops the program at these calls alone, and ptrace says which it was and fails it. So nothing of it is
 * in the product, and nothing escapes: an interposed library does not see the system calls that rustix (and through it
 * tempfile) makes without libc; strace numbers calls for each thread alone, and is ten times as slow.
 *
 * Ends when the last process of the tree has, with the exit code of PROGRAM, or 128 and its signal.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/elf.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/types.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PTRACE_EVENT_STOP
#define PTRACE_EVENT_STOP 128
#endif

/* As in linux/ptrace.h, which glibc's headers do not go together with. */
struct syscall_info {
	__u8 op, padding[3];
	__u32 arch;
	__u64 instruction_pointer, stack_pointer, nr, args[6];
	__u32 ret_data;
};

enum fault { COUNT, KILL, KILL_ONE, ENOSPC_FROM, EIO_ONCE };

/* What a call does, and which of its arguments say where. */
struct call {
	long number;
	const char *name;
	int folder; /* the argument with the folder's descriptor, -1 for none */
	int path;   /* the argument with the path, -1 where `folder` is a file's descriptor */
	int grows;  /* whether it needs room */
};

static const struct call calls[] = {
#ifdef SYS_open
	{ SYS_open, "open", -1, 0, 1 },
	{ SYS_creat, "creat", -1, 0, 1 },
	{ SYS_rename, "rename", -1, 1, 0 },
	{ SYS_link, "link", -1, 1, 1 },
	{ SYS_symlink, "symlink", -1, 1, 1 },
	{ SYS_unlink, "unlink", -1, 0, 0 },
	{ SYS_mkdir, "mkdir", -1, 0, 1 },
	{ SYS_rmdir, "rmdir", -1, 0, 0 },
#endif
	{ SYS_openat, "openat", 0, 1, 1 },
#ifdef SYS_renameat
	{ SYS_renameat, "renameat", 2, 3, 0 },
#endif
	{ SYS_renameat2, "renameat2", 2, 3, 0 },
	{ SYS_linkat, "linkat", 2, 3, 1 },
	{ SYS_symlinkat, "symlinkat", 1, 2, 1 },
	{ SYS_unlinkat, "unlinkat", 0, 1, 0 },
	{ SYS_mkdirat, "mkdirat", 0, 1, 1 },
	{ SYS_write, "write", 0, -1, 1 },
	{ SYS_pwrite64, "pwrite", 0, -1, 1 },
	{ SYS_writev, "writev", 0, -1, 1 },
	{ SYS_copy_file_range, "copy_file_range", 2, -1, 1 },
	{ SYS_ftruncate, "ftruncate", 0, -1, 0 },
	{ SYS_fsync, "fsync", 0, -1, 0 },
	{ SYS_fdatasync, "fdatasync", 0, -1, 0 },
	{ SYS_execve, "execve", -1, 0, 0 },
};
#define CALLS (sizeof calls / sizeof *calls)

/* Processes and threads, and whether their calls count. */
#define TASKS 8192
static struct { pid_t tid; int counts; } tasks[TASKS];

static void fail(const char *what)
{
	fprintf(stderr, "faults: %s: %s\n", what, strerror(errno));
	exit(125);
}

static void install_filter(void)
{
	struct sock_filter program[3 * CALLS + 20];
	int at = 0;
	program[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (unsigned i = 0; i < CALLS; i++) {
		program[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i].number, 0, 1);
		program[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | i);
	}
	program[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	/* Opening without O_CREAT, which is most of all calls, does not stop the program. */
	for (unsigned i = 0; i < CALLS; i++) {
		int flags = !strcmp(calls[i].name, "openat") ? 2 : !strcmp(calls[i].name, "open") ? 1 : -1;
		if (flags < 0)
			continue;
		struct sock_filter open_filter[] = {
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i].number, 0, 3),
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 8 * flags),
			BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_CREAT | O_TRUNC, 1, 0),
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		};
		int length = sizeof open_filter / sizeof *open_filter;
		struct sock_filter whole[3 * CALLS + 20];
		memcpy(whole, open_filter, sizeof open_filter);
		memcpy(whole + length, program, at * sizeof *program);
		if (at + length > (int)(sizeof program / sizeof *program))
			fail("the filter is too long");
		memcpy(program, whole, (at + length) * sizeof *program);
		at += length;
	}
	struct sock_fprog filter = { .len = at, .filter = program };
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
		fail("seccomp");
}

static const char *program_of(pid_t tid)
{
	static char path[4096];
	char link[64];
	snprintf(link, sizeof link, "/proc/%d/exe", tid);
	ssize_t length = readlink(link, path, sizeof path - 1);
	path[length < 0 ? 0 : length] = 0;
	char *name = strrchr(path, '/');
	return name ? name + 1 : path;
}

/* The calls of git-puff and git count; those of agents, checks and clients do not. */
static int counts(pid_t tid)
{
	int at = tid % TASKS;
	while (tasks[at].tid && tasks[at].tid != tid)
		at = (at + 1) % TASKS;
	if (!tasks[at].tid) {
		const char *name = program_of(tid);
		tasks[at].tid = tid;
		tasks[at].counts = !strcmp(name, "git") || !strncmp(name, "git-", 4);
	}
	return tasks[at].counts;
}

/* What is known of all of them: a program was executed. */
static void forget(void)
{
	memset(tasks, 0, sizeof tasks);
}

/* A field of /proc/PID/stat, counted from the one behind the program's name: 1 is the parent, 3 the session. */
static int stat_field(pid_t tid, int field)
{
	char path[64], text[1024];
	snprintf(path, sizeof path, "/proc/%d/stat", tid);
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);
	if (file >= 0)
		close(file);
	if (length <= 0)
		return -1;
	text[length] = 0;
	char *at = strrchr(text, ')');
	for (at = at ? at + 2 : NULL; at && field > 0; field--)
		at = (at = strchr(at, ' ')) ? at + 1 : NULL;
	return at ? atoi(at) : -1;
}

#define SESSIONS 64
static int dead[SESSIONS], dead_count;

static int is_dead(pid_t tid)
{
	int session = dead_count ? stat_field(tid, 3) : -1;
	for (int i = 0; i < dead_count; i++)
		if (session == dead[i])
			return 1;
	return 0;
}

/* Kills a process, those of git-puff and git that wait for it, and everything else of their sessions. */
static void kill_all(pid_t pid)
{
	for (; pid > 1 && pid != getpid() && dead_count < SESSIONS; pid = stat_field(pid, 1)) {
		const char *name = program_of(pid);
		if (strcmp(name, "git") && strncmp(name, "git-", 4))
			break;
		dead[dead_count++] = stat_field(pid, 3);
	}
	DIR *folder = opendir("/proc");
	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		pid = atoi(entry->d_name);
		if (pid > 1 && pid != getpid() && is_dead(pid))
			kill(pid, SIGKILL);
	}
	if (folder)
		closedir(folder);
}

static void read_text(pid_t tid, unsigned long long address, char *text, size_t room)
{
	char link[64];
	snprintf(link, sizeof link, "/proc/%d/mem", tid);
	int memory = open(link, O_RDONLY | O_CLOEXEC);
	ssize_t length = memory < 0 ? -1 : pread(memory, text, room - 1, (off_t)address);
	text[length < 0 ? 0 : length] = 0;
	if (memory >= 0)
		close(memory);
}

/* The path that a call is about: one through /proc, which this process can use as well. */
static void path_of(pid_t tid, const struct call *call, const __u64 *args, char *path, size_t room)
{
	char text[2048];
	if (call->path < 0) {
		snprintf(path, room, "/proc/%d/fd/%lld", tid, (long long)args[call->folder]);
		return;
	}
	read_text(tid, args[call->path], text, sizeof text);
	int folder = call->folder < 0 ? AT_FDCWD : (int)args[call->folder];
	if (text[0] == '/')
		snprintf(path, room, "%s", text);
	else if (folder == AT_FDCWD)
		snprintf(path, room, "/proc/%d/cwd/%s", tid, text);
	else
		snprintf(path, room, "/proc/%d/fd/%d/%s", tid, folder, text);
}

/* Makes the call that a task is at fail with this error. */
static void fail_call(pid_t tid, int error)
{
#if defined(__x86_64__)
	struct user_regs_struct regs;
	if (ptrace(PTRACE_GETREGS, tid, 0, &regs))
		return;
	regs.orig_rax = -1;
	regs.rax = -error;
	ptrace(PTRACE_SETREGS, tid, 0, &regs);
#elif defined(__aarch64__)
	struct user_regs_struct regs;
	int number = -1;
	struct iovec all = { &regs, sizeof regs }, one = { &number, sizeof number };
	if (ptrace(PTRACE_GETREGSET, tid, NT_PRSTATUS, &all))
		return;
	regs.regs[0] = -error;
	ptrace(PTRACE_SETREGSET, tid, NT_ARM_SYSTEM_CALL, &one);
	ptrace(PTRACE_SETREGSET, tid, NT_PRSTATUS, &all);
#else
#error "how does a call fail here?"
#endif
}

int main(int argc, char **argv)
{
	if (argc < 5) {
		fprintf(stderr, "usage: faults count|kill|kill-one|enospc|eio POINT LOG PROGRAM [ARGUMENT...]\n");
		return 125;
	}
	enum fault fault = !strcmp(argv[1], "kill") ? KILL : !strcmp(argv[1], "kill-one") ? KILL_ONE
		: !strcmp(argv[1], "enospc") ? ENOSPC_FROM : !strcmp(argv[1], "eio") ? EIO_ONCE : COUNT;
	long point = atol(argv[2]), points = 0;
	FILE *log = fopen(argv[3], "we");
	if (!log)
		fail(argv[3]);

	pid_t root = fork();
	if (root < 0)
		fail("fork");
	if (!root) {
		setsid();
		raise(SIGSTOP);
		install_filter();
		execvp(argv[4], argv + 4);
		fail(argv[4]);
	}
	int status;
	waitpid(root, &status, WUNTRACED);
	if (ptrace(PTRACE_SEIZE, root, 0, PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
		PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL))
		fail("ptrace");
	kill(root, SIGCONT);

	int code = 125, root_lives = 1, failed = 0;
	for (;;) {
		pid_t tid = waitpid(-1, &status, __WALL);
		if (tid < 0 && errno == EINTR)
			continue;
		if (tid < 0)
			break;
		if (!WIFSTOPPED(status)) {
			if (tid == root) {
				code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
				root_lives = 0;
			}
			continue;
		}
		int event = status >> 16, signal = WSTOPSIG(status);
		if (is_dead(tid)) {
			kill(tid, SIGKILL);
			continue;
		}
		if (event == PTRACE_EVENT_STOP && signal != SIGTRAP) {
			ptrace(PTRACE_LISTEN, tid, 0, 0);
			continue;
		}
		if (event == PTRACE_EVENT_EXEC || event == PTRACE_EVENT_STOP)
			forget();
		if (event == PTRACE_EVENT_SECCOMP && counts(tid)) {
			struct syscall_info info;
			char path[4096];
			struct stat found;
			memset(&info, 0, sizeof info);
			if (ptrace(PTRACE_GET_SYSCALL_INFO, tid, sizeof info, &info) > 0 && info.ret_data < CALLS) {
				const struct call *call = &calls[info.ret_data];
				path_of(tid, call, info.args, path, sizeof path);
				int is_there = !stat(path, &found);
				int is_device = is_there && !S_ISREG(found.st_mode) && !S_ISDIR(found.st_mode);
				/* Programs are looked for in every folder of PATH. */
				int is_absent = call->number == SYS_execve && !is_there;
				if (!(is_device && call->grows) && !is_absent) {
					points++;
					char shown[4096];
					ssize_t length = call->path < 0 ? readlink(path, shown, sizeof shown - 1) : -1;
					if (length >= 0)
						shown[length] = 0;
					fprintf(log, "%ld\t%d\t%s\t%s\t", points, tid, program_of(tid), call->name);
					fprintf(log, "%s%s\n", length >= 0 ? shown : path, points == point ? "\t<==" : "");
					fflush(log);
					int needs_room = call->grows && (call->path < 0 || !is_there);
					if (fault == KILL && points == point) {
						kill_all(tid);
						continue;
					}
					if (fault == KILL_ONE && points == point) {
						kill(tid, SIGKILL);
						continue;
					}
					if (fault == EIO_ONCE && points == point)
						fail_call(tid, EIO);
					if (fault == ENOSPC_FROM && points >= point && needs_room && root_lives && failed < 40) {
						failed++;
						fail_call(tid, ENOSPC);
					}
				}
			}
		}
		ptrace(PTRACE_CONT, tid, 0, event ? 0 : signal);
	}
	fclose(log);
	return code;
}
