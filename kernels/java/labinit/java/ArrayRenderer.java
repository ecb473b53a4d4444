package labinit.java;

import java.lang.reflect.Array;
import java.util.Arrays;
import org.dflib.jjava.jupyter.kernel.display.DisplayData;
import org.dflib.jjava.jupyter.kernel.display.Renderer;
import org.dflib.jjava.jupyter.kernel.display.mime.MIMEType;

/** JJava's renderer, which shows what is in an array: Java's own text of one is its address. */
final class ArrayRenderer extends Renderer {
    private static final int SHOWN = 1000;

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
