package labinit.jvm;

import java.awt.Component;
import java.awt.Container;
import java.awt.Dimension;
import java.awt.image.BufferedImage;

/** What parts of a window look like, without a window or a screen. */
public final class Pictures {
    private Pictures() {}

    /** The component in its size, or in the one it prefers where it has none yet. */
    public static BufferedImage of(Component component) {
        Dimension size = component.getSize();
        if (size.width <= 0 || size.height <= 0) {
            component.setSize(component.getPreferredSize());
            size = component.getSize();
        }
        layOut(component);
        var picture = new BufferedImage(
                Math.max(1, size.width), Math.max(1, size.height), BufferedImage.TYPE_INT_ARGB);
        var graphics = picture.createGraphics();
        component.paint(graphics);
        graphics.dispose();
        return picture;
    }

    /** `validate` would leave out what is in no window. */
    private static void layOut(Component component) {
        component.doLayout();
        if (component instanceof Container container) {
            for (var inner : container.getComponents()) {
                layOut(inner);
            }
        }
    }
}
