package chuan.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import javax.imageio.ImageIO;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.LegendPosition;

/// Draws the curves of [LengthReport]. The chart library is loaded with this class only.
final class LengthChart {
    private LengthChart() {}

    /// The file gets its name when it is complete.
    static void draw(Iterable<LengthReport.Curve> curves, Path png) throws IOException {
        ImageIO.setUseCache(false);
        XYChart chart =
                new XYChartBuilder()
                        .width(900)
                        .height(540)
                        .xAxisTitle("tokens before the one that is predicted")
                        .yAxisTitle("bits per byte")
                        .build();
        chart.getStyler().setLegendPosition(LegendPosition.OutsideE);
        for (var curve : curves) {
            var buckets = curve.buckets();
            double[] x = buckets.stream().mapToDouble(b -> (b.from() + b.to()) / 2.0).toArray();
            double[] y = buckets.stream().mapToDouble(b -> b.bitsPerByte()).toArray();
            chart.addSeries(curve.name(), x, y);
        }
        Path temporary = png.resolveSibling(png.getFileName() + ".part");
        try (var out = Files.newOutputStream(temporary)) {
            BitmapEncoder.saveBitmap(chart, out, BitmapFormat.PNG);
        }
        Files.move(temporary, png, StandardCopyOption.REPLACE_EXISTING);
    }
}
