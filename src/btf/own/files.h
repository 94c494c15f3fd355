/* SPDX-License-Identifier: BSD-2-Clause */
/* Files and file systems. */
#ifndef SKEP_BTF_OWN_FILES_H
#define SKEP_BTF_OWN_FILES_H

#include "btf/own/basic.h"

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct qstr {
	union {
		struct {
			u32 hash;
			u32 len;
		};
		u64 hash_len;
	};
	const unsigned char *name;
};

struct dentry {
	unsigned int d_flags;
	struct dentry *d_parent;
	const struct qstr d_name;
	struct inode *d_inode;
	struct super_block *d_sb;
	unsigned long d_time;
};

struct file_system_type {
	const char *name;
	int fs_flags;
};

struct super_block {
	dev_t s_dev;
	unsigned long s_blocksize;
	loff_t s_maxbytes;
	struct file_system_type *s_type;
	unsigned long s_flags;
	unsigned long s_magic;
	struct dentry *s_root;
	char s_id[32];
	struct user_namespace *s_user_ns;
};

struct vfsmount {
	struct dentry *mnt_root;
	struct super_block *mnt_sb;
	int mnt_flags;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	int mnt_id;
};

struct inode {
	umode_t i_mode;
	unsigned short i_opflags;
	kuid_t i_uid;
	kgid_t i_gid;
	unsigned int i_flags;
	const struct inode_operations *i_op;
	struct super_block *i_sb;
	struct address_space *i_mapping;
	unsigned long i_ino;
	const unsigned int i_nlink;
	dev_t i_rdev;
	loff_t i_size;
	u32 i_generation;
	u8 i_blkbits;
	blkcnt_t i_blocks;
	void *i_private;
};

struct file {
	fmode_t f_mode;
	const struct file_operations *f_op;
	struct address_space *f_mapping;
	void *private_data;
	struct inode *f_inode;
	unsigned int f_flags;
	const struct cred *f_cred;
	const struct path f_path;
	loff_t f_pos;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	atomic_t count;
	struct fdtable *fdt;
	unsigned int next_fd;
};

struct fs_struct {
	int users;
	int umask;
	struct path root;
	struct path pwd;
};

struct linux_binprm {
	struct vm_area_struct *vma;
	unsigned long vma_pages;
	struct mm_struct *mm;
	unsigned long p;
	struct file *executable;
	struct file *interpreter;
	struct file *file;
	struct cred *cred;
	int argc;
	int envc;
	const char *filename;
	const char *interp;
};

struct seq_file {
	char *buf;
	size_t size;
	size_t from;
	size_t count;
	size_t pad_until;
	loff_t index;
	loff_t read_pos;
	const struct seq_operations *op;
	const struct file *file;
	void *private;
};

struct kmem_cache {
	unsigned int size;
	unsigned int object_size;
	const char *name;
};

struct dma_buf {
	size_t size;
	const char *exp_name;
	const char *name;
};

struct page {
	unsigned long flags;
};

#endif
