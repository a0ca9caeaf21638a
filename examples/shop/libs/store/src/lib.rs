//! Orders and products in Postgres.

use std::time::Duration;

use serde::Serialize;
use sqlx::{
    postgres::{PgPool, PgPoolOptions},
    Row,
};

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    #[error("database did not answer in time")]
    Timeout,
}

#[derive(Clone, Debug, Serialize)]
pub struct Product {
    pub id: i64,
    pub title: String,
    pub cents: i64,
}

#[derive(Clone)]
pub struct Store {
    pool: PgPool,
}

impl Store {
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        let pool = PgPoolOptions::new()
            .max_connections(10)
            .acquire_timeout(Duration::from_secs(2))
            .connect(url)
            .await?;
        Ok(Self { pool })
    }

    pub async fn insert_order(&self, customer: i64, cents: i64) -> Result<i64, StoreError> {
        let row = sqlx::query("INSERT INTO orders (customer, cents) VALUES ($1, $2) RETURNING id")
            .bind(customer)
            .bind(cents)
            .fetch_one(&self.pool)
            .await?;
        Ok(row.get("id"))
    }

    pub async fn unpaid_orders(&self) -> Result<Vec<i64>, StoreError> {
        let rows = sqlx::query("SELECT id FROM orders WHERE paid_at IS NULL").fetch_all(&self.pool).await?;
        Ok(rows.iter().map(|row| row.get("id")).collect())
    }

    pub async fn mark_paid(&self, order: i64) -> Result<(), StoreError> {
        sqlx::query("UPDATE orders SET paid_at = now() WHERE id = $1").bind(order).execute(&self.pool).await?;
        Ok(())
    }

    /// Bounded: the storefront would rather show an error than wait.
    pub async fn product(&self, id: i64) -> Result<Option<Product>, StoreError> {
        let query = sqlx::query("SELECT id, title, cents FROM products WHERE id = $1").bind(id).fetch_optional(&self.pool);
        let row = tokio::time::timeout(Duration::from_secs(1), query).await.map_err(|_| StoreError::Timeout)??;
        Ok(row.map(|row| Product { id: row.get("id"), title: row.get("title"), cents: row.get("cents") }))
    }
}
