#lang racket/base
;; What (require plot) means in a cell: plot and plot3d return pictures, and no window is needed.

(require plot/no-gui)
(provide (except-out (all-from-out plot/no-gui) plot-pict plot3d-pict)
         plot-pict plot3d-pict
         (rename-out [plot-pict plot] [plot3d-pict plot3d]))
