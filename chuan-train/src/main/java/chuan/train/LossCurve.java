package chuan.train;

import java.awt.Color;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.markers.SeriesMarkers;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/// Draws `metrics.jsonl` as a PNG: the smoothed training loss, and the held-out measures, over
/// tokens.
final class LossCurve {
    private static final ObjectMapper JSON = JsonMapper.builder().build();
    private static final double SMOOTHING = 0.97;
    private static final int MARKER = 5;

    private LossCurve() {}

    private record Points(List<Double> x, List<Double> y) {
        Points() {
            this(new ArrayList<>(), new ArrayList<>());
        }

        void add(double px, double py) {
            x.add(px);
            y.add(py);
        }
    }

    /// Nothing is drawn while there are fewer than two points.
    static void draw(Path metrics, Path png) {
        // A cache file would want a shutdown hook, which cannot be added while Ctrl-C ends the run.
        ImageIO.setUseCache(false);
        try {
            var training = new Points();
            Map<String, Points> heldOut = read(metrics, training);
            if (training.x().size() < 2) {
                return;
            }
            XYChart chart =
                    new XYChartBuilder()
                            .width(900)
                            .height(540)
                            .xAxisTitle("million tokens")
                            .yAxisTitle("training loss, nats per token; held out, bits per byte")
                            .build();
            chart.getStyler()
                    .setLegendPosition(LegendPosition.InsideNE)
                    .setChartBackgroundColor(Color.WHITE);
            chart.getStyler().setXAxisDecimalPattern("#,##0.###").setMarkerSize(MARKER);
            chart.addSeries("training", training.x(), training.y()).setMarker(SeriesMarkers.NONE);
            heldOut.forEach((name, p) -> chart.addSeries("held out " + name, p.x(), p.y()));
            BitmapEncoder.saveBitmap(chart, png.toString(), BitmapFormat.PNG);
        } catch (IOException e) {
            throw new TrainingException(png + ": cannot be drawn (" + e.getMessage() + ")", e);
        }
    }

    private static Map<String, Points> read(Path metrics, Points training) throws IOException {
        var heldOut = new LinkedHashMap<String, Points>();
        double mean = Double.NaN;
        for (String line : Files.readAllLines(metrics)) {
            JsonNode entry;
            try {
                entry = JSON.readTree(line);
            } catch (JacksonException _) {
                continue; // a line that a kill cut short
            }
            double millions = entry.path("tokens").asDouble() / 1e6;
            if (entry.has("loss")) {
                double loss = entry.get("loss").asDouble();
                mean = Double.isNaN(mean) ? loss : SMOOTHING * mean + (1 - SMOOTHING) * loss;
                // The first at 0, before any step: with points that are all equally far apart the
                // library marks the axis at some of them, with all their digits (XChart issue 731).
                training.add(training.x().isEmpty() ? 0 : millions, mean);
            }
            for (var e : entry.path("heldOut").properties()) {
                double bits = e.getValue().path("bitsPerByte").asDouble();
                double value = bits > 0 ? bits : e.getValue().path("nats").asDouble();
                heldOut.computeIfAbsent(e.getKey(), _ -> new Points()).add(millions, value);
            }
        }
        return heldOut;
    }
}
