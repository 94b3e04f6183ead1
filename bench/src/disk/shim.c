/*
 * A disk that fails when it is told to, for one process: loaded before the C library (ld.so(8),
 * LD_PRELOAD), it stands before the calls by which SQLite writes, for files of the database alone.
 *
 * DISK_ORDERS names a file with the orders: nothing, "full", "broken", "unsynced" or "slow <ms>".
 * It is read anew for every call, so that whoever wrote it sees its effect at once.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int is_of_database(int fd) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strstr(path, "gridpass.sqlite") != NULL;
}

static void read_order(char *order, size_t size) {
    order[0] = 0;
    const char *file = getenv("DISK_ORDERS");
    int fd = file ? open(file, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) return;
    ssize_t length = read(fd, order, size - 1);
    order[length > 0 ? length : 0] = 0;
    close(fd);
}

/* Whether a write fails; errno says how. */
static int write_fails(int fd) {
    char order[32];
    int before = errno;
    if (!is_of_database(fd)) { errno = before; return 0; }
    read_order(order, sizeof order);
    errno = before;
    if (strcmp(order, "full") == 0) { errno = ENOSPC; return 1; }
    if (strcmp(order, "broken") == 0) { errno = EIO; return 1; }
    return 0;
}

/* Whether what was written does not reach the disk; takes its time if it was told to. */
static int sync_fails(int fd) {
    char order[32];
    int before = errno;
    if (!is_of_database(fd)) { errno = before; return 0; }
    read_order(order, sizeof order);
    errno = before;
    if (strncmp(order, "slow ", 5) == 0) {
        long milliseconds = atol(order + 5);
        struct timespec rest = { milliseconds / 1000, milliseconds % 1000 * 1000000 };
        nanosleep(&rest, NULL);
        return 0;
    }
    if (strcmp(order, "broken") == 0 || strcmp(order, "unsynced") == 0) { errno = EIO; return 1; }
    return 0;
}

ssize_t write(int fd, const void *bytes, size_t count) {
    return write_fails(fd) ? -1 : REAL(write)(fd, bytes, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
    return write_fails(fd) ? -1 : REAL(pwrite)(fd, bytes, count, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t offset) {
    return write_fails(fd) ? -1 : REAL(pwrite64)(fd, bytes, count, offset);
}

int fsync(int fd) { return sync_fails(fd) ? -1 : REAL(fsync)(fd); }

int fdatasync(int fd) { return sync_fails(fd) ? -1 : REAL(fdatasync)(fd); }
