using ScopeSigning;
using ScopeSigning.Signing;

var builder = WebApplication.CreateBuilder(args);

builder.AddServiceDefaults();
builder.AddScopeSigning();

var app = builder.Build();

// "keys list", "keys rotate real", "keys remove KID": an operator's command instead of the service.
if (args is ["keys", ..])
{
    return await IssuerKeyCommands.RunAsync(app.Services, args[1..]);
}

app.MapScopeSigning();
app.MapDefaultEndpoints();

await app.RunAsync();
return 0;
