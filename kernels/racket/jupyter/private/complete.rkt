#lang racket/base
;; Completion: names of the session, modules within (require ...), methods within (send object ...).

(require racket/class racket/list racket/string setup/dirs "namespace.rkt" "words.rkt")
(provide complete)

;; Shape: the fields of the reply.
(define (complete code cursor)
  (define-values (prefix candidates) (candidates-at code cursor))
  (define matches
    (sort (remove-duplicates
           (filter (lambda (pair) (string-prefix? (car pair) prefix)) candidates) #:key car)
          string<? #:key car))
  (hasheq 'matches (for/list ([pair matches]) (hasheq 'text (car pair) 'type (cdr pair)))
          'start (- cursor (string-length prefix))
          'end cursor))

(define (candidates-at code cursor)
  (define word (word-before code cursor))
  (define module (require-prefix code cursor))
  (cond
    [module (values module (module-names module))]
    [(methods-at code cursor) => (lambda (methods) (values word methods))]
    [else (values word (names))]))

(define (names)
  (for/list ([symbol (parameterize ([current-namespace (cell-namespace)])
                       (namespace-mapped-symbols))])
    (cons (symbol->string symbol) (kind symbol))))

(define (kind symbol)
  (define value
    (with-handlers ([exn:fail? (lambda (_) kind)])
      (namespace-variable-value symbol #t #f (cell-namespace))))
  (cond [(eq? value kind) "keyword"] [(procedure? value) "function"] [else "instance"]))

;; --- (send object ...

(define (methods-at code cursor)
  (define found
    (regexp-match #px"\\(send\\+?\\s+([^][\\s(){}\",'`;]+)\\s+[^][\\s(){}\",'`;]*$"
                  (substring code 0 cursor)))
  (define object
    (and found
         (with-handlers ([exn:fail? (lambda (_) #f)])
           (namespace-variable-value (string->symbol (cadr found)) #t #f (cell-namespace)))))
  (and (object? object)
       (for/list ([name (interface->method-names (object-interface object))])
         (cons (symbol->string name) "function"))))

;; --- (require ...

(define (module-names prefix)
  (define folder (let ([found (regexp-match #rx"^(.*)/[^/]*$" prefix)]) (and found (cadr found))))
  (for/list ([name (if folder (in-collection folder) (hash-keys (collections)))])
    (cons (if folder (string-append folder "/" name) name) "module")))

(define (in-collection folder)
  (define parts (string-split folder "/"))
  (define directories
    (for*/list ([root (hash-ref (collections) (car parts) '())]
                [directory (in-value (apply build-path root (cdr parts)))]
                #:when (directory-exists? directory))
      directory))
  (for*/list ([directory directories]
              [path (directory-list directory)]
              [name (in-value (path->string path))]
              #:unless (member name '("compiled" "info.rkt" "private"))
              #:when (or (regexp-match? #rx"[.]rkt$" name)
                         (directory-exists? (build-path directory path))))
    (regexp-replace #rx"[.]rkt$" name "")))

;; Shape: name of a collection to its directories. Read once: a second.
(define known #f)
(define (collections)
  (unless known
    (set! known (make-hash))
    (define (add! name directory) (hash-update! known name (lambda (d) (cons directory d)) '()))
    (define (add-all! root)
      (when (directory-exists? root)
        (for ([path (directory-list root)]
              #:when (directory-exists? (build-path root path))
              #:unless (regexp-match? #rx"^[.]|^compiled$" (path->string path)))
          (add! (path->string path) (build-path root path)))))
    (for ([root (current-library-collection-paths)]) (add-all! root))
    (for* ([file (list* (find-user-links-file) (find-links-file) (link-files))]
           #:when (file-exists? file)
           [link (call-with-input-file file read)])
      (define-values (base _name _dir?) (split-path file))
      (define directory (simplify-path (path->complete-path (link-path (cadr link)) base)))
      (if (eq? (car link) 'root) (add-all! directory) (add! (format "~a" (car link)) directory))))
  known)

;; A path in a links file is a string, bytes, or a list of elements as bytes.
(define (link-path path)
  (cond
    [(string? path) (string->path path)]
    [(bytes? path) (bytes->path path)]
    [else (apply build-path (for/list ([part path]) (if (bytes? part) (bytes->path part) part)))]))

(define (link-files) (filter path? (current-library-collection-links)))
