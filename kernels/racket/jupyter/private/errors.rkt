#lang racket/base
;; What was raised, as a Jupyter error: with the lines of the cell, without the kernel's own.

(require racket/list racket/match racket/string)
(provide error-content unwrapped-exit)

(define longest-context 12)

;; (exit) costs the cell, not the session.
(define (unwrapped-exit code)
  (raise (exn:fail (format "exit: ~v ends this cell only; restart the kernel from its menu" code)
                   (current-continuation-marks))))

;; Shape: ename, evalue, traceback. `form` is the form of the cell that ran, or #f.
(define (error-content raised cell form)
  (define name (error-name raised))
  (define message (error-message raised))
  (define lines (append (string-split message "\n" #:trim? #f) (places raised cell form)))
  (hasheq 'ename name
          'evalue message
          'traceback (cons (format "~a: ~a" name (car lines)) (cdr lines))))

(define (error-name raised)
  (cond
    [(exn:break? raised) "interrupted"]
    [(exn? raised)
     (define name (symbol->string (vector-ref (struct->vector raised) 0)))
     (if (string-prefix? name "struct:") (substring name 7) name)]
    [else "raise"]))

(define (error-message raised)
  (cond
    [(exn:break? raised) "the cell was interrupted"]
    [(exn? raised) (string-append (exn-message raised) (hint (exn-message raised)))]
    [else (parameterize ([error-print-width 1000]) (format "uncaught exception: ~e" raised))]))

;; What helps against a module that is not there.
(define (hint message)
  (match (regexp-match #px"collection not found\\s+for module path: ([^/\\s]+)" message)
    [(list _ (or "mred" "framework" "embedded-gui" "hierlist"))
     (string-append
      "\nWindows are not in this image; in a terminal: sudo apt-get update && "
      "sudo apt-get install --no-install-recommends racket libgtk2.0-0t64 xvfb")]
    [(list _ name)
     (format "\nIf a package has it, in a terminal: raco pkg install --auto --user ~a" name)]
    [_ ""]))

;; Where it happened: what the error itself knows, else the calls that were running, else the form.
(define (places raised cell form)
  (define known
    (filter values
            (append
             (if (exn:srclocs? raised)
                 (map srcloc->place ((exn:srclocs-accessor raised) raised))
                 '())
             (if (exn? raised) (context-places raised cell) '()))))
  (define own (and form (syntax-place form)))
  (define in-cell? (ormap (lambda (place) (string-prefix? place (format "  ~a:" cell))) known))
  (remove-duplicates (append known (if (and own (not in-cell?)) (list own) '()))))

(define (context-places raised cell)
  (define context (continuation-mark-set->context (exn-continuation-marks raised)))
  (define places
    (for/list ([call context]
               #:do [(match-define (cons name at) call)
                     (define place (and at (srcloc->place at)))]
               #:when (and place (not (kernel? (srcloc-source at)))))
      (if name (format "~a ~a" place name) place)))
  (if (> (length places) longest-context) (take places longest-context) places))

(define (kernel? source)
  (define text (if (path? source) (path->string source) (format "~a" source)))
  (or (regexp-match? #rx"/jupyter/private/|^jupyter/" text)
      (regexp-match? #rx"collects/racket/private/|^/usr/share/racket/collects/" text)))

(define (srcloc->place at)
  (match at
    [(srcloc (? values source) (? values line) column _ _)
     (format "  ~a:~a:~a" source line (or column 0))]
    [_ #f]))

(define (syntax-place form)
  (srcloc->place (srcloc (syntax-source form) (syntax-line form) (syntax-column form) #f #f)))
