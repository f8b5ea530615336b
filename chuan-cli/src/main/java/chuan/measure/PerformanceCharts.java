package chuan.measure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import javax.imageio.ImageIO;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.CategoryChart;
import org.knowm.xchart.CategoryChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.internal.chartpart.Chart;
import org.knowm.xchart.style.Styler.LegendPosition;

/// Draws the pictures of [PerformancePage]. The chart library is loaded with this class only.
public final class PerformanceCharts {
    private static final int WIDTH = 1000;
    private static final int HEIGHT = 480;

    private PerformanceCharts() {}

    /// Each file gets its name when it is complete.
    public static void draw(List<PerformancePage.Chart> charts, Path folder) throws IOException {
        ImageIO.setUseCache(false);
        for (var chart : charts)
            save(
                    switch (chart) {
                        case PerformancePage.Ratios ratios -> bars(ratios);
                        case PerformancePage.Depths depths -> curves(depths);
                    },
                    folder.resolve(chart.file()));
    }

    private static Chart<?, ?> bars(PerformancePage.Ratios ratios) {
        CategoryChart chart =
                new CategoryChartBuilder()
                        .width(WIDTH)
                        .height(HEIGHT)
                        .yAxisTitle("times as fast")
                        .build();
        chart.getStyler().setLegendPosition(LegendPosition.OutsideS);
        chart.getStyler().setYAxisMin(0.0);
        chart.getStyler().setXAxisLabelRotation(30);
        var tests = new LinkedHashSet<String>();
        ratios.byPeerAndTest().values().forEach(bars -> tests.addAll(bars.keySet()));
        ratios.byPeerAndTest()
                .forEach((peer, bars) -> {
                    var heights = new ArrayList<Double>();
                    for (String test : tests) heights.add(bars.get(test));
                    chart.addSeries(peer, List.copyOf(tests), heights);
                });
        return chart;
    }

    private static Chart<?, ?> curves(PerformancePage.Depths depths) {
        XYChart chart =
                new XYChartBuilder()
                        .width(WIDTH)
                        .height(HEIGHT)
                        .xAxisTitle("tokens before")
                        .yAxisTitle("tokens generated per second")
                        .build();
        chart.getStyler().setLegendPosition(LegendPosition.OutsideS);
        chart.getStyler().setYAxisMin(0.0);
        depths.byModelAndDepth()
                .forEach((model, curve) ->
                        chart.addSeries(
                                model,
                                new ArrayList<>(curve.keySet()),
                                new ArrayList<>(curve.values())));
        return chart;
    }

    private static void save(Chart<?, ?> chart, Path png) throws IOException {
        Path temporary = png.resolveSibling(png.getFileName() + ".part");
        try (var out = Files.newOutputStream(temporary)) {
            BitmapEncoder.saveBitmap(chart, out, BitmapFormat.PNG);
        }
        Files.move(temporary, png, StandardCopyOption.REPLACE_EXISTING);
    }
}
