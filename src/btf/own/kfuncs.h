/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel functions of kfuncs.def, as BTF describes them: the verifier takes arguments and
 * results from here, and what an argument means from the end of its name. FN(result, name,
 * arguments)
 */
#ifndef SKEP_BTF_OWN_KFUNCS_H
#define SKEP_BTF_OWN_KFUNCS_H

#include "btf/own/bpf.h"
#include "btf/own/iters.h"

/* Only functions with a body are described with the names of their arguments. */
#define FN(ret, name, ...)                                                                         \
	ret name(__VA_ARGS__)                                                                      \
	{                                                                                          \
		for (;;)                                                                           \
			;                                                                          \
	}

/* clang-format off */
/* Regions and exceptions. */
FN(void, bpf_local_irq_restore, unsigned long *flags__irq_flag)
FN(void, bpf_local_irq_save, unsigned long *flags__irq_flag)
FN(void, bpf_preempt_disable, void)
FN(void, bpf_preempt_enable, void)
FN(void, bpf_rcu_read_lock, void)
FN(void, bpf_rcu_read_unlock, void)
FN(int, bpf_res_spin_lock, struct bpf_res_spin_lock *lock)
FN(int, bpf_res_spin_lock_irqsave, struct bpf_res_spin_lock *lock, unsigned long *flags__irq_flag)
FN(void, bpf_res_spin_unlock, struct bpf_res_spin_lock *lock)
FN(void, bpf_res_spin_unlock_irqrestore, struct bpf_res_spin_lock *lock, unsigned long *flags__irq_flag)
FN(void, bpf_throw, u64 cookie)

/* Iterators. */
FN(void, bpf_iter_bits_destroy, struct bpf_iter_bits *it)
FN(int, bpf_iter_bits_new, struct bpf_iter_bits *it, const u64 *unsafe_ptr__ign, u32 nr_words)
FN(int *, bpf_iter_bits_next, struct bpf_iter_bits *it)
FN(void, bpf_iter_css_destroy, struct bpf_iter_css *it)
FN(int, bpf_iter_css_new, struct bpf_iter_css *it, struct cgroup_subsys_state *start, unsigned int flags)
FN(struct cgroup_subsys_state *, bpf_iter_css_next, struct bpf_iter_css *it)
FN(void, bpf_iter_css_task_destroy, struct bpf_iter_css_task *it)
FN(int, bpf_iter_css_task_new, struct bpf_iter_css_task *it, struct cgroup_subsys_state *css, unsigned int flags)
FN(struct task_struct *, bpf_iter_css_task_next, struct bpf_iter_css_task *it)
FN(void, bpf_iter_dmabuf_destroy, struct bpf_iter_dmabuf *it)
FN(int, bpf_iter_dmabuf_new, struct bpf_iter_dmabuf *it)
FN(struct dma_buf *, bpf_iter_dmabuf_next, struct bpf_iter_dmabuf *it)
FN(void, bpf_iter_kmem_cache_destroy, struct bpf_iter_kmem_cache *it)
FN(int, bpf_iter_kmem_cache_new, struct bpf_iter_kmem_cache *it)
FN(struct kmem_cache *, bpf_iter_kmem_cache_next, struct bpf_iter_kmem_cache *it)
FN(void, bpf_iter_num_destroy, struct bpf_iter_num *it)
FN(int, bpf_iter_num_new, struct bpf_iter_num *it, int start, int end)
FN(int *, bpf_iter_num_next, struct bpf_iter_num *it)
FN(void, bpf_iter_task_destroy, struct bpf_iter_task *it)
FN(int, bpf_iter_task_new, struct bpf_iter_task *it, struct task_struct *task__nullable, unsigned int flags)
FN(struct task_struct *, bpf_iter_task_next, struct bpf_iter_task *it)
FN(void, bpf_iter_task_vma_destroy, struct bpf_iter_task_vma *it)
FN(int, bpf_iter_task_vma_new, struct bpf_iter_task_vma *it, struct task_struct *task, u64 addr)
FN(struct vm_area_struct *, bpf_iter_task_vma_next, struct bpf_iter_task_vma *it)

/* Casts. */
FN(void *, bpf_cast_to_kern_ctx, void *obj)
FN(void *, bpf_rdonly_cast, const void *obj__ign, u32 btf_id__k)

/* Objects that programs allocate, lists and trees. */
FN(struct bpf_list_node *, bpf_list_back, struct bpf_list_head *head)
FN(struct bpf_list_node *, bpf_list_front, struct bpf_list_head *head)
FN(struct bpf_list_node *, bpf_list_pop_back, struct bpf_list_head *head)
FN(struct bpf_list_node *, bpf_list_pop_front, struct bpf_list_head *head)
FN(int, bpf_list_push_back_impl, struct bpf_list_head *head, struct bpf_list_node *node, void *meta__ign, u64 off)
FN(int, bpf_list_push_front_impl, struct bpf_list_head *head, struct bpf_list_node *node, void *meta__ign, u64 off)
FN(void, bpf_obj_drop_impl, void *p__alloc, void *meta__ign)
FN(void *, bpf_obj_new_impl, u64 local_type_id__k, void *meta__ign)
FN(void, bpf_percpu_obj_drop_impl, void *p__alloc, void *meta__ign)
FN(void *, bpf_percpu_obj_new_impl, u64 local_type_id__k, void *meta__ign)
FN(int, bpf_rbtree_add_impl, struct bpf_rb_root *root, struct bpf_rb_node *node, bool (*less)(struct bpf_rb_node *, const struct bpf_rb_node *), void *meta__ign, u64 off)
FN(struct bpf_rb_node *, bpf_rbtree_first, struct bpf_rb_root *root)
FN(struct bpf_rb_node *, bpf_rbtree_left, struct bpf_rb_root *root, struct bpf_rb_node *node)
FN(struct bpf_rb_node *, bpf_rbtree_remove, struct bpf_rb_root *root, struct bpf_rb_node *node)
FN(struct bpf_rb_node *, bpf_rbtree_right, struct bpf_rb_root *root, struct bpf_rb_node *node)
FN(struct bpf_rb_node *, bpf_rbtree_root, struct bpf_rb_root *root)
FN(void *, bpf_refcount_acquire_impl, void *p__refcounted_kptr, void *meta__ign)

/* Dynptrs. */
FN(int, bpf_copy_from_user_dynptr, struct bpf_dynptr *dptr, u32 off, u32 size, const void *unsafe_ptr__ign)
FN(int, bpf_copy_from_user_str, void *dst, u32 dst__sz, const void *unsafe_ptr__ign, u64 flags)
FN(int, bpf_copy_from_user_str_dynptr, struct bpf_dynptr *dptr, u32 off, u32 size, const void *unsafe_ptr__ign)
FN(int, bpf_copy_from_user_task_dynptr, struct bpf_dynptr *dptr, u32 off, u32 size, const void *unsafe_ptr__ign, struct task_struct *tsk)
FN(int, bpf_copy_from_user_task_str, void *dst, u32 dst__sz, const void *unsafe_ptr__ign, struct task_struct *tsk, u64 flags)
FN(int, bpf_copy_from_user_task_str_dynptr, struct bpf_dynptr *dptr, u32 off, u32 size, const void *unsafe_ptr__ign, struct task_struct *tsk)
FN(int, bpf_dynptr_adjust, const struct bpf_dynptr *p, u32 start, u32 end)
FN(int, bpf_dynptr_clone, const struct bpf_dynptr *p, struct bpf_dynptr *clone__uninit)
FN(int, bpf_dynptr_copy, struct bpf_dynptr *dst_ptr, u32 dst_off, struct bpf_dynptr *src_ptr, u32 src_off, u32 size)
FN(int, bpf_dynptr_from_skb, struct __sk_buff *s, u64 flags, struct bpf_dynptr *ptr__uninit)
FN(int, bpf_dynptr_from_skb_meta, struct __sk_buff *skb_, u64 flags, struct bpf_dynptr *ptr__uninit)
FN(int, bpf_dynptr_from_xdp, struct xdp_md *x, u64 flags, struct bpf_dynptr *ptr__uninit)
FN(bool, bpf_dynptr_is_null, const struct bpf_dynptr *p)
FN(bool, bpf_dynptr_is_rdonly, const struct bpf_dynptr *p)
FN(int, bpf_dynptr_memset, struct bpf_dynptr *p, u32 offset, u32 size, u8 val)
FN(__u32, bpf_dynptr_size, const struct bpf_dynptr *p)
FN(void *, bpf_dynptr_slice, const struct bpf_dynptr *p, u32 offset, void *buffer__opt, u32 buffer__szk)
FN(void *, bpf_dynptr_slice_rdwr, const struct bpf_dynptr *p, u32 offset, void *buffer__opt, u32 buffer__szk)
FN(int, bpf_probe_read_kernel_dynptr, struct bpf_dynptr *dptr, u32 off, u32 size, const void *unsafe_ptr__ign)
FN(int, bpf_probe_read_kernel_str_dynptr, struct bpf_dynptr *dptr, u32 off, u32 size, const void *unsafe_ptr__ign)
FN(int, bpf_probe_read_user_dynptr, struct bpf_dynptr *dptr, u32 off, u32 size, const void *unsafe_ptr__ign)
FN(int, bpf_probe_read_user_str_dynptr, struct bpf_dynptr *dptr, u32 off, u32 size, const void *unsafe_ptr__ign)

/* Texts and output. */
FN(int, bpf_strcasecmp, const char *s1__ign, const char *s2__ign)
FN(int, bpf_strchr, const char *s__ign, char c)
FN(int, bpf_strchrnul, const char *s__ign, char c)
FN(int, bpf_strcmp, const char *s1__ign, const char *s2__ign)
FN(int, bpf_strcspn, const char *s__ign, const char *reject__ign)
FN(int, bpf_stream_vprintk_impl, int stream_id, const char *fmt__str, const void *args, u32 len__sz, void *aux__prog)
FN(int, bpf_strlen, const char *s__ign)
FN(int, bpf_strnchr, const char *s__ign, size_t count, char c)
FN(int, bpf_strnlen, const char *s__ign, size_t count)
FN(int, bpf_strnstr, const char *s1__ign, const char *s2__ign, size_t len)
FN(int, bpf_strrchr, const char *s__ign, int c)
FN(int, bpf_strspn, const char *s__ign, const char *accept__ign)
FN(int, bpf_strstr, const char *s1__ign, const char *s2__ign)

/* Work that runs later. */
FN(int, bpf_task_work_schedule_resume_impl, struct task_struct *task, struct bpf_task_work *tw, void *map__map, int (*callback)(struct bpf_map *map, void *key, void *value), void *aux__prog)
FN(int, bpf_task_work_schedule_signal_impl, struct task_struct *task, struct bpf_task_work *tw, void *map__map, int (*callback)(struct bpf_map *map, void *key, void *value), void *aux__prog)
FN(int, bpf_wq_init, struct bpf_wq *wq, void *p__map, unsigned int flags)
FN(int, bpf_wq_set_callback_impl, struct bpf_wq *wq, int (*callback_fn)(void *, int *, void *), unsigned int flags, void *aux__prog)
FN(int, bpf_wq_start, struct bpf_wq *wq, unsigned int flags)

/* Arenas and maps. */
FN(void *, bpf_arena_alloc_pages, void *p__map, void *addr__ign, u32 page_cnt, int node_id, u64 flags)
FN(void, bpf_arena_free_pages, void *p__map, void *ptr__ign, u32 page_cnt)
FN(int, bpf_arena_reserve_pages, void *p__map, void *ptr__ign, u32 page_cnt)
FN(s64, bpf_map_sum_elem_count, const struct bpf_map *map)

/* Tasks, groups, keys, caches. */
FN(void, css_rstat_flush, struct cgroup_subsys_state *css)
FN(void, css_rstat_updated, struct cgroup_subsys_state *css, int cpu)
FN(struct cgroup *, bpf_cgroup_acquire, struct cgroup *cgrp)
FN(struct cgroup *, bpf_cgroup_ancestor, struct cgroup *cgrp, int level)
FN(struct cgroup *, bpf_cgroup_from_id, u64 cgid)
FN(int, bpf_cgroup_read_xattr, struct cgroup *cgroup, const char *name__str, struct bpf_dynptr *value_p)
FN(void, bpf_cgroup_release, struct cgroup *cgrp)
FN(struct kmem_cache *, bpf_get_kmem_cache, u64 addr)
FN(void, bpf_key_put, struct bpf_key *bkey)
FN(struct bpf_key *, bpf_lookup_system_key, u64 id)
FN(struct bpf_key *, bpf_lookup_user_key, s32 serial, u64 flags)
FN(int, bpf_send_signal_task, struct task_struct *task, int sig, enum pid_type type, u64 value)
FN(struct task_struct *, bpf_task_acquire, struct task_struct *p)
FN(struct task_struct *, bpf_task_from_pid, s32 pid)
FN(struct task_struct *, bpf_task_from_vpid, s32 vpid)
FN(struct cgroup *, bpf_task_get_cgroup1, struct task_struct *task, int hierarchy_id)
FN(void, bpf_task_release, struct task_struct *p)
FN(long, bpf_task_under_cgroup, struct task_struct *task, struct cgroup *ancestor)

/* CPU masks. */
FN(struct bpf_cpumask *, bpf_cpumask_acquire, struct bpf_cpumask *cpumask)
FN(bool, bpf_cpumask_and, struct bpf_cpumask *dst, const struct cpumask *src1, const struct cpumask *src2)
FN(u32, bpf_cpumask_any_and_distribute, const struct cpumask *src1, const struct cpumask *src2)
FN(u32, bpf_cpumask_any_distribute, const struct cpumask *cpumask)
FN(void, bpf_cpumask_clear, struct bpf_cpumask *cpumask)
FN(void, bpf_cpumask_clear_cpu, u32 cpu, struct bpf_cpumask *cpumask)
FN(void, bpf_cpumask_copy, struct bpf_cpumask *dst, const struct cpumask *src)
FN(struct bpf_cpumask *, bpf_cpumask_create, void)
FN(bool, bpf_cpumask_empty, const struct cpumask *cpumask)
FN(bool, bpf_cpumask_equal, const struct cpumask *src1, const struct cpumask *src2)
FN(u32, bpf_cpumask_first, const struct cpumask *cpumask)
FN(u32, bpf_cpumask_first_and, const struct cpumask *src1, const struct cpumask *src2)
FN(u32, bpf_cpumask_first_zero, const struct cpumask *cpumask)
FN(bool, bpf_cpumask_full, const struct cpumask *cpumask)
FN(bool, bpf_cpumask_intersects, const struct cpumask *src1, const struct cpumask *src2)
FN(void, bpf_cpumask_or, struct bpf_cpumask *dst, const struct cpumask *src1, const struct cpumask *src2)
FN(int, bpf_cpumask_populate, struct cpumask *cpumask, void *src, size_t src__sz)
FN(void, bpf_cpumask_release, struct bpf_cpumask *cpumask)
FN(void, bpf_cpumask_set_cpu, u32 cpu, struct bpf_cpumask *cpumask)
FN(void, bpf_cpumask_setall, struct bpf_cpumask *cpumask)
FN(bool, bpf_cpumask_subset, const struct cpumask *src1, const struct cpumask *src2)
FN(bool, bpf_cpumask_test_and_clear_cpu, u32 cpu, struct bpf_cpumask *cpumask)
FN(bool, bpf_cpumask_test_and_set_cpu, u32 cpu, struct bpf_cpumask *cpumask)
FN(bool, bpf_cpumask_test_cpu, u32 cpu, const struct cpumask *cpumask)
FN(u32, bpf_cpumask_weight, const struct cpumask *cpumask)
FN(void, bpf_cpumask_xor, struct bpf_cpumask *dst, const struct cpumask *src1, const struct cpumask *src2)

/* Cryptography. */
FN(struct bpf_crypto_ctx *, bpf_crypto_ctx_acquire, struct bpf_crypto_ctx *ctx)
FN(struct bpf_crypto_ctx *, bpf_crypto_ctx_create, const struct bpf_crypto_params *params, u32 params__sz, int *err)
FN(void, bpf_crypto_ctx_release, struct bpf_crypto_ctx *ctx)
FN(int, bpf_crypto_decrypt, struct bpf_crypto_ctx *ctx, const struct bpf_dynptr *src, const struct bpf_dynptr *dst, const struct bpf_dynptr *siv__nullable)
FN(int, bpf_crypto_encrypt, struct bpf_crypto_ctx *ctx, const struct bpf_dynptr *src, const struct bpf_dynptr *dst, const struct bpf_dynptr *siv__nullable)

/* Files. */
FN(int, bpf_get_dentry_xattr, struct dentry *dentry, const char *name__str, struct bpf_dynptr *value_p)
FN(int, bpf_get_file_xattr, struct file *file, const char *name__str, struct bpf_dynptr *value_p)
FN(struct file *, bpf_get_task_exe_file, struct task_struct *task)
FN(int, bpf_path_d_path, const struct path *path, char *buf, size_t buf__sz)
FN(void, bpf_put_file, struct file *file)
FN(int, bpf_remove_dentry_xattr, struct dentry *dentry, const char *name__str)
FN(int, bpf_set_dentry_xattr, struct dentry *dentry, const char *name__str, const struct bpf_dynptr *value_p, int flags)

/* Sockets and packets. */
FN(int, bpf_ct_change_status, struct nf_conn *nfct, u32 status)
FN(int, bpf_ct_change_timeout, struct nf_conn *nfct, u32 timeout)
FN(struct nf_conn *, bpf_ct_insert_entry, struct nf_conn___init *nfct_i)
FN(void, bpf_ct_release, struct nf_conn *nfct)
FN(int, bpf_ct_set_nat_info, struct nf_conn___init *nfct, union nf_inet_addr *addr, int port, enum nf_nat_manip_type manip)
FN(int, bpf_ct_set_status, const struct nf_conn___init *nfct, u32 status)
FN(void, bpf_ct_set_timeout, struct nf_conn___init *nfct, u32 timeout)
FN(int, bpf_sk_assign_tcp_reqsk, struct __sk_buff *s, struct sock *sk, struct bpf_tcp_req_attrs *attrs, int attrs__sz)
FN(struct nf_conn___init *, bpf_skb_ct_alloc, struct __sk_buff *skb_ctx, struct bpf_sock_tuple *bpf_tuple, u32 tuple__sz, struct bpf_ct_opts *opts, u32 opts__sz)
FN(struct nf_conn *, bpf_skb_ct_lookup, struct __sk_buff *skb_ctx, struct bpf_sock_tuple *bpf_tuple, u32 tuple__sz, struct bpf_ct_opts *opts, u32 opts__sz)
FN(int, bpf_sock_addr_set_sun_path, struct bpf_sock_addr_kern *sa_kern, const u8 *sun_path, u32 sun_path__sz)
FN(int, bpf_sock_destroy, struct sock_common *sock)
FN(int, bpf_sock_ops_enable_tx_tstamp, struct bpf_sock_ops_kern *skops, u64 flags)
FN(struct nf_conn___init *, bpf_xdp_ct_alloc, struct xdp_md *xdp_ctx, struct bpf_sock_tuple *bpf_tuple, u32 tuple__sz, struct bpf_ct_opts *opts, u32 opts__sz)
FN(struct nf_conn *, bpf_xdp_ct_lookup, struct xdp_md *xdp_ctx, struct bpf_sock_tuple *bpf_tuple, u32 tuple__sz, struct bpf_ct_opts *opts, u32 opts__sz)
FN(struct xfrm_state *, bpf_xdp_get_xfrm_state, struct xdp_md *ctx, struct bpf_xfrm_state_opts *opts, u32 opts__sz)
FN(int, bpf_xdp_metadata_rx_hash, const struct xdp_md *ctx, u32 *hash, enum xdp_rss_hash_type *rss_type)
FN(int, bpf_xdp_metadata_rx_timestamp, const struct xdp_md *ctx, u64 *timestamp)
FN(int, bpf_xdp_metadata_rx_vlan_tag, const struct xdp_md *ctx, __be16 *vlan_proto, u16 *vlan_tci)
FN(int, bpf_xdp_pull_data, struct xdp_md *x, u32 len)
FN(void, bpf_xdp_xfrm_state_release, struct xfrm_state *x)

/* Congestion control. */
FN(void, tcp_cong_avoid_ai, struct tcp_sock *tp, u32 w, u32 acked)
FN(void, tcp_reno_cong_avoid, struct sock *sk, u32 ack, u32 acked)
FN(u32, tcp_reno_ssthresh, struct sock *sk)
FN(u32, tcp_reno_undo_cwnd, struct sock *sk)
FN(u32, tcp_slow_start, struct tcp_sock *tp, u32 acked)

/* Probes that see entry and return. */
FN(__u64 *, bpf_session_cookie, void)
FN(bool, bpf_session_is_return, void)

/* The kernel's own tests. */
FN(void, bpf_kfunc_call_memb_release, struct prog_test_member *p)
FN(void, bpf_kfunc_call_test_release, struct prog_test_ref_kfunc *p)
/* clang-format on */

#endif
