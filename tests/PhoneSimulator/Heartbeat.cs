namespace PhoneSimulator;

/// <summary>A made-up reference measurement that looks like one: the waves P, Q, R, S and T of one beat, in three leads.</summary>
internal static class Heartbeat
{
    private const int SamplesPerBeat = 250;

    // Centre and width as parts of the beat, height in millivolts.
    private static readonly (double Centre, double Width, double Height)[] Waves =
        [(0.20, 0.025, 0.15), (0.345, 0.010, -0.12), (0.37, 0.011, 1.10), (0.395, 0.010, -0.25), (0.62, 0.045, 0.30)];

    public static double[][] Leads() => [Lead(1.0), Lead(0.7), Lead(-0.4)];

    private static double[] Lead(double gain)
        => [.. Enumerable.Range(0, SamplesPerBeat).Select(i => Math.Round(gain * Waves.Sum(wave => Value(wave, i / (double)SamplesPerBeat)), 4))];

    private static double Value((double Centre, double Width, double Height) wave, double time)
        => wave.Height * Math.Exp(-Math.Pow((time - wave.Centre) / wave.Width, 2) / 2);
}
