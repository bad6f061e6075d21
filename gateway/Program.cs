using Gateway;
using Gateway.Documents;
using Gateway.Health;
using Gateway.Pages;

var builder = WebApplication.CreateBuilder(args);

builder.AddServiceDefaults();
builder.AddGateway();

var app = builder.Build();

app.UseGatewayEdge();
app.MapGatewayDocuments();
app.MapGatewayHealth();
app.MapAccountPages();
app.MapServices();

await app.RunAsync();
