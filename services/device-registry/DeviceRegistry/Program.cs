using Microsoft.Extensions.Options;
using DeviceRegistry;

var builder = WebApplication.CreateBuilder(args);

builder.AddServiceDefaults();
builder.AddDeviceRegistry();

var app = builder.Build();

try
{
    // Before anything starts: a missing or wrong setting is one line that names it, not a stack trace.
    app.Services.GetRequiredService<IStartupValidator>().Validate();
}
catch (OptionsValidationException exception)
{
    await Console.Error.WriteLineAsync($"device-registry cannot start: {string.Join(' ', exception.Failures)}");
    return 1;
}

app.MapDefaultEndpoints();
app.MapDeviceRegistry();

await app.RunAsync();
return 0;
