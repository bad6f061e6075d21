using Microsoft.Extensions.Options;
using ScopeSigning;
using ScopeSigning.Signing;

var builder = WebApplication.CreateBuilder(args);
builder.AddServiceDefaults();
builder.AddScopeSigning();

var app = builder.Build();
app.MapDefaultEndpoints();
app.MapScopeSigning();

try
{
    if (args is ["keys", .. var command])
    {
        return await IssuerKeyCommands.RunAsync(app.Services, command);
    }

    await app.RunAsync();
    return 0;
}
catch (OptionsValidationException exception)
{
    // A setting is missing or wrong: one line that says which, instead of a stack trace.
    await Console.Error.WriteLineAsync($"scope-signing cannot start: {string.Join(' ', exception.Failures)}");
    return 1;
}
