using PhoneSimulator;

var (options, complaint) = CommandLine.Parse(args);
if (options is null)
{
    await Console.Error.WriteLineAsync(complaint);
    return 2;
}

try
{
    using var stop = new CancellationTokenSource();
    Console.CancelKeyPress += (_, key) =>
    {
        key.Cancel = true;
        stop.Cancel();
    };
    using var walkThrough = new WalkThrough(options, Console.Out);
    await walkThrough.RunAsync(stop.Token);
    return 0;
}
catch (Exception exception) when (exception is GatewayRefusalException or HttpRequestException or FormatException or TimeoutException or OperationCanceledException)
{
    await Console.Error.WriteLineAsync(exception switch
    {
        HttpRequestException => $"FAILED: {options.Gateway} does not answer ({exception.Message}). Is the platform running? dotnet run --project AppHost",
        OperationCanceledException => "FAILED: stopped, or no answer in time.",
        _ => $"FAILED: {exception.Message}",
    });
    return 1;
}
