using Gateway;
using Gateway.Documents;
using Gateway.Health;

var builder = WebApplication.CreateBuilder(args);

builder.AddServiceDefaults();
builder.AddGateway();

var app = builder.Build();

app.UseGatewayEdge();
app.MapGatewayDocuments();
app.MapGatewayHealth();
app.MapServices();

await app.RunAsync();
