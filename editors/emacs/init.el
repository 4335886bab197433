;; treefill in Emacs 30, by eglot: a suggestion is an entry of the completion menu, and is shown in grey while one types.
(with-eval-after-load 'eglot
  ;; One server for each mode: this takes the place of the usual one.
  (add-to-list 'eglot-server-programs
               '((python-mode python-ts-mode rust-mode rust-ts-mode) . ("treefill" "serve"))))
(dolist (hook '(python-mode-hook python-ts-mode-hook rust-mode-hook rust-ts-mode-hook))
  (add-hook hook #'eglot-ensure)
  ;; Grey text, of which TAB takes all. It comes with Emacs 30.
  (add-hook hook #'completion-preview-mode))
;; Behind a dot, too.
(setq completion-preview-minimum-symbol-length nil)
;; Not at every key: the model needs a moment.
(setq completion-preview-idle-delay 0.3)
