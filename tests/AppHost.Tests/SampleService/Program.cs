using System.Collections;

if (Environment.GetEnvironmentVariable("SAMPLE_EXIT_CODE") is { Length: > 0 } exitCode)
{
    Console.WriteLine("The sample service ends at once.");
    return int.Parse(exitCode, System.Globalization.CultureInfo.InvariantCulture);
}

var app = WebApplication.CreateBuilder(args).Build();
var isHealthy = true;

app.MapGet("/health", () => isHealthy ? Results.Ok() : Results.StatusCode(503));
app.MapPost("/health/{value}", (bool value) => { isHealthy = value; });
app.MapGet("/environment", () => Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().ToDictionary(e => (string)e.Key, e => (string?)e.Value));
app.MapGet("/process", () => new { Id = Environment.ProcessId, Directory = Environment.CurrentDirectory, Arguments = args });
app.MapPost("/exit/{code}", (int code) => Environment.Exit(code));

await app.RunAsync();
return 0;
