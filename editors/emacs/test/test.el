;; What the test sets beside init.el.
;; Who leaves in the middle of something is not asked.
(setq confirm-kill-processes nil inhibit-startup-screen t make-backup-files nil auto-save-default nil
      create-lockfiles nil)
;; As most have it. Pairs are closed while one types.
(electric-pair-mode 1)
