using Inbox;

var builder = WebApplication.CreateBuilder(args);

builder.AddServiceDefaults();
builder.AddInbox();

var app = builder.Build();

app.MapDefaultEndpoints();
app.MapInbox();

await app.RunAsync();
