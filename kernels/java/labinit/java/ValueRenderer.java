package labinit.java;

import java.awt.Component;
import java.lang.reflect.Array;
import java.util.Arrays;
import labinit.jvm.Pictures;
import org.dflib.jjava.jupyter.kernel.display.DisplayData;
import org.dflib.jjava.jupyter.kernel.display.Renderer;
import org.dflib.jjava.jupyter.kernel.display.common.Image;
import org.dflib.jjava.jupyter.kernel.display.mime.MIMEType;

/**
 * JJava's renderer, which shows what is in an array, whose own text is its address, and what a
 * component of Swing looks like.
 */
final class ValueRenderer extends Renderer {
    private static final int SHOWN = 1000;

    ValueRenderer() {
        createRegistration(Component.class)
                .preferring(Image.PNG)
                .supporting(Image.JPEG, Image.GIF)
                .register((component, context) ->
                        Image.renderImage(Pictures.of(component), context));
    }

    @Override
    protected DisplayData finalizeDisplayData(DisplayData data, Object value) {
        if (value != null && value.getClass().isArray()
                && !data.hasDataForType(MIMEType.TEXT_PLAIN)) {
            data.putText(text(value));
        }
        return super.finalizeDisplayData(data, value);
    }

    /** The elements, those of inner arrays too; of a long array the first ones. */
    private static String text(Object array) {
        int length = Array.getLength(array);
        Object part = Array.newInstance(
                array.getClass().getComponentType(), Math.min(length, SHOWN));
        System.arraycopy(array, 0, part, 0, Array.getLength(part));
        String text = Arrays.deepToString(new Object[] {part});
        String elements = text.substring(2, text.length() - 2);
        return length <= SHOWN
                ? "[" + elements + "]"
                : "[" + elements + ", … " + length + " elements]";
    }
}
