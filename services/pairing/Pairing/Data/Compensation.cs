namespace Pairing.Data;

/// <summary>Taking a step back after another one failed.</summary>
internal static class Compensation
{
    /// <summary>
    /// Waits for a step whose own failure must not hide the failure that made it necessary. What cannot be taken back now ends with
    /// the pairing's time.
    /// </summary>
    public static async Task Quietly(this Task step) => await step.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}
