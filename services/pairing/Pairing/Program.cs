using Microsoft.Extensions.Options;
using Pairing;

var builder = WebApplication.CreateBuilder(args);

builder.AddServiceDefaults();
builder.AddPairing();

var app = builder.Build();

try
{
    // Before anything starts: a missing or wrong setting is one line that names it, not a stack trace.
    app.Services.GetRequiredService<IStartupValidator>().Validate();
}
catch (OptionsValidationException exception)
{
    await Console.Error.WriteLineAsync($"pairing cannot start: {string.Join(' ', exception.Failures)}");
    return 1;
}

app.MapDefaultEndpoints();
app.MapPairing();

await app.RunAsync();
return 0;
