#lang racket/base
;; Takes out of an installation's registries the packages whose directories have gone.
;; Usage: racket forget.rkt /usr/share/racket

(define share (vector-ref (current-command-line-arguments) 0))

(define (rewrite file change)
  (define path (build-path share file))
  (define changed (change (call-with-input-file path read)))
  (call-with-output-file path #:exists 'truncate
    (lambda (out)
      (write changed out)
      (newline out))))

(define (there? path) (directory-exists? (build-path share path)))

(rewrite "pkgs/pkgs.rktd"
         (lambda (packages)
           (for/hash ([(name info) packages] #:when (there? (string-append "pkgs/" name)))
             (values name info))))

;; Shape of a link: (name path) or (root path), where a path is a list of elements as bytes.
(rewrite "links.rktd"
         (lambda (links)
           (for/list ([link links]
                      #:when (there? (apply build-path (map bytes->path (cadr link)))))
             link)))
