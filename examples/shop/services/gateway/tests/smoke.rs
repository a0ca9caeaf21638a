//! Against a running stack.

#[tokio::test]
#[ignore = "needs the stack"]
async fn the_front_page_answers() {
    let response = reqwest::get("http://localhost:8080/products/1").await.unwrap();
    assert!(response.status().is_success());
}
