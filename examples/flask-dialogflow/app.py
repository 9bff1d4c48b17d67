"""A webhook for Dialogflow as its tutorials have it. It knows nothing of Hookwire.

    pip install -r requirements.txt
    flask --app app run --port 5000

and in another terminal

    hookwire forward --relay https://relay.example.com --secret SECRET --to http://localhost:5000/webhook
"""

from flask import Flask, jsonify, request

app = Flask(__name__)


@app.get("/")
def index():
    return "The webhook is at /webhook."


@app.post("/webhook")
def webhook():
    query = request.get_json(force=True)["queryResult"]
    city = query.get("parameters", {}).get("city")
    if city:
        answer = f"It is sunny in {city}."
    else:
        answer = f"You said: {query['queryText']}"
    return jsonify({"fulfillmentText": answer})


if __name__ == "__main__":
    app.run(port=5000)
