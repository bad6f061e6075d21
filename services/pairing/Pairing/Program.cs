using Microsoft.Extensions.Options;
using Pairing;

var builder = WebApplication.CreateBuilder(args);

builder.AddServiceDefaults();
builder.AddPairing();

var app = builder.Build();

app.MapDefaultEndpoints();
app.MapPairing();

try
{
    await app.RunAsync();
    return 0;
}
catch (OptionsValidationException exception)
{
    // A setting is missing or wrong: one line that says which, instead of a stack trace.
    await Console.Error.WriteLineAsync($"pairing cannot start: {string.Join(' ', exception.Failures)}");
    return 1;
}
